import type { JsonObject } from '@bufbuild/protobuf';
import { type Imported, LineError } from '../imported.js';
import { refuseText } from '../line-context.js';
import { isObject } from '../properties.js';

const MOST_CHARACTERS_OF_ID = 512;

export function personOf(
  externalId: string,
  field: string,
  traits: unknown,
  { links = [], isAlias = false }: { readonly links?: readonly string[]; readonly isAlias?: boolean } = {},
): Imported {
  if (externalId === '') throw new LineError(field, 'is missing');
  for (const id of [externalId, ...links]) refuseText(field, id, MOST_CHARACTERS_OF_ID);
  return {
    type: 'person',
    // What was parsed from JSON is JSON.
    person: { externalId, traits: (isObject(traits) ? traits : {}) as JsonObject, links, isAlias },
  };
}
