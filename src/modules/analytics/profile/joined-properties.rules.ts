import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

/** The properties of a profile once another is part of it: those of that one go under its own. */
export function joinedProperties(gone: JsonObject, into: JsonObject): JsonObject {
  return { ...gone, ...into };
}

/** What a merge changes for either: values that the one that stays gains, and those that cover others of the one that goes. */
export function changedByMerge(gone: JsonObject, into: JsonObject): { gained: JsonObject; kept: JsonObject } {
  const names = Object.keys(gone);
  const covering = names.filter((name) => Object.hasOwn(into, name) && !isSame(gone[name], into[name]));
  return {
    gained: pick(
      gone,
      names.filter((name) => !Object.hasOwn(into, name)),
    ),
    kept: pick(into, covering),
  };
}

/** What is different in the properties of a profile, and what is missing. */
export function changedByUndo(
  before: JsonObject,
  after: JsonObject,
): { changed: JsonObject; removed: readonly string[] } {
  const names = Object.keys(before);
  return {
    changed: pick(
      after,
      names.filter((name) => Object.hasOwn(after, name) && !isSame(before[name], after[name])),
    ),
    removed: names.filter((name) => !Object.hasOwn(after, name)),
  };
}

/**
 * The properties of a profile once another is no longer part of it. A value goes if the other has the same; then that of the
 * first of the rest counts that has one. What is different was told later, and stays.
 */
export function partedProperties(
  all: JsonObject,
  { gone, rest }: { gone: JsonObject; rest: readonly JsonObject[] },
): JsonObject {
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => {
      if (!Object.hasOwn(gone, name) || !isSame(gone[name], value)) return [[name, value]];
      const other = rest.find((properties) => Object.hasOwn(properties, name))?.[name];
      return other === undefined ? [] : [[name, other]];
    }),
  );
}

function pick(properties: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, properties[name] ?? null]));
}

/** PostgreSQL has one order for the names of an object. */
function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
