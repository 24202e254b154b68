import type { JsonObject } from '@bufbuild/protobuf';
import type { FieldViolation } from '../../../../platform/errors/index.js';
import { cookielessPrefix } from '../../event/index.js';
import { refuseProperties, shippedTraits, storedTraits, traitViolations } from '../../profile/index.js';
import { type Imported, LineError } from '../imported.js';
import { refuseText } from '../line-context.js';
import { isObject, isTooDeep, ownName } from '../properties.js';

const MOST_CHARACTERS_OF_ID = 512;

interface PersonOptions {
  readonly links?: readonly string[];
  readonly isAlias?: boolean;
  /** The traits are all of a profile of this product, which many calls may have brought together. */
  readonly isStored?: boolean;
}

export function personOf(
  externalId: string,
  field: string,
  traits: unknown,
  { links = [], isAlias = false, isStored = false }: PersonOptions = {},
): Imported {
  if (externalId === '') throw new LineError(field, 'is missing');
  for (const id of [externalId, ...links]) {
    refuseText(field, id, MOST_CHARACTERS_OF_ID);
    if (id.startsWith(cookielessPrefix))
      throw new LineError(field, `must not begin with ${cookielessPrefix}`);
  }
  // What was parsed from JSON is JSON.
  const given = (isObject(traits) ? traits : {}) as JsonObject;
  const violation = isStored ? storedViolation(given) : traitViolations(given, shippedTraits)[0];
  if (violation) throw new LineError(violation.field, violation.description);
  return {
    type: 'person',
    person: {
      externalId: externalId.toWellFormed(),
      traits: storedTraits(given),
      links: links.map((id) => id.toWellFormed()),
      isAlias,
    },
  };
}

function storedViolation(traits: JsonObject): FieldViolation | undefined {
  const description = isTooDeep(traits) ? 'must not be nested deeper' : refuseProperties(traits);
  return description === undefined ? undefined : { field: 'traits', description };
}

/** Traits of another product without the mark of its automatic ones; the address of the person is left out. */
export function ownTraits(traits: unknown): Record<string, unknown> {
  if (!isObject(traits)) return {};
  const kept = Object.entries(traits).filter(([name]) => name !== '$ip');
  const own = new Map(kept.map(([name, value]) => [ownName(name), value]));
  for (const [name, value] of kept) if (!name.startsWith('$')) own.set(name, value);
  return Object.fromEntries(own);
}
