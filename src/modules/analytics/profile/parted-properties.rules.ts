import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

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

/** PostgreSQL has one order for the names of an object. */
function isSame(one: JsonValue | undefined, other: JsonValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
