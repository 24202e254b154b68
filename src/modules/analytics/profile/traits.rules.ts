import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

/** The address of a person is never kept. */
const addressTrait = '$ip';

/** The traits as they are stored: without the address, in characters that PostgreSQL has. */
export function storedTraits(traits: JsonObject): JsonObject {
  const { [addressTrait]: _, ...kept } = traits;
  return cleaned(kept) as JsonObject;
}

/** Half a surrogate pair and NUL cannot be stored: U+FFFD stands for them. */
function cleaned(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\uFFFD');
  if (Array.isArray(value)) return value.map(cleaned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [cleaned(name) as string, cleaned(inner)]),
  );
}

/** Traits as the analytics store has them. */
export interface FlatTraits {
  /** By dotted path. */
  readonly properties: Record<string, string>;
  readonly numbers: Record<string, number>;
  /** Names of the numbers that were sent as text. */
  readonly numericTexts: readonly string[];
}

/**
 * Nested objects become dotted paths, lists their JSON; nulls are missing. `read` gives the number that a text spells, if it
 * does.
 */
export function flatTraits(traits: JsonObject, read: (text: string) => number | undefined): FlatTraits {
  const properties = new Map<string, string>();
  const numbers = new Map<string, number>();
  const numericTexts = new Set<string>();
  const add = (value: JsonObject, prefix: string): void => {
    for (const [name, inner] of Object.entries(value)) {
      if (inner === null) continue;
      const path = prefix + name;
      if (typeof inner === 'object' && !Array.isArray(inner)) {
        add(inner, `${path}.`);
        continue;
      }
      const text = typeof inner === 'object' ? JSON.stringify(inner) : String(inner);
      properties.set(path, text);
      const number = typeof inner === 'boolean' ? undefined : read(text);
      if (number === undefined) continue;
      numbers.set(path, number);
      if (typeof inner === 'string') numericTexts.add(path);
    }
  };
  add(traits, '');
  return {
    properties: Object.fromEntries(properties),
    numbers: Object.fromEntries(numbers),
    numericTexts: [...numericTexts],
  };
}

/**
 * Bytes of the traits as the analytics store has them, at least: a name counts for all that is inside it. Counting stops
 * beyond `most`.
 */
export function flatBytes(traits: JsonObject, most: number): number {
  let total = 0;
  const add = (value: JsonObject, prefix: number): void => {
    for (const [name, inner] of Object.entries(value)) {
      if (total > most) return;
      const path = prefix + Buffer.byteLength(name);
      total += path;
      if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) add(inner, path + 1);
      else total += Buffer.byteLength(JSON.stringify(inner));
    }
  };
  add(traits, 0);
  return total;
}
