import { type Filter, readFilter } from './filter.js';
import type { Answer } from './projection.js';

export interface Page {
  filter?: Filter;
  /** From 1. */
  startIndex: number;
  count: number;
}

export const MOST_RESULTS = 200;
const USUAL_RESULTS = 100;
const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** RFC 7644, section 3.4.2.4: what is out of range is taken for the nearest that is not. */
export function readPage({ filter, startindex, count }: Record<string, string | undefined>): Page {
  return {
    filter: filter ? readFilter(filter) : undefined,
    startIndex: Math.min(Math.max(whole(startindex, 1), 1), 2 ** 31),
    count: Math.min(Math.max(whole(count, USUAL_RESULTS), 0), MOST_RESULTS),
  };
}

export function listAnswer(resources: readonly Answer[], total: number, { startIndex }: Page): Answer {
  return {
    schemas: [listSchema],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

function whole(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : otherwise;
}
