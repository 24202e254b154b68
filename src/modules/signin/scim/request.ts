import type { FastifyRequest } from 'fastify';
import { readJson } from '../../../platform/http/bounded-json.js';
import { type Projection, readProjection } from './projection.js';
import { isObject } from './resource.js';
import { invalid, ScimError } from './scim-error.js';

export const mediaType = 'application/scim+json';

/** What a route is asked, read of the request. */
export interface ScimParameters {
  id: string;
  body: unknown;
  query: Record<string, string | undefined>;
  projection: Projection;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
}

export function readParameters({ params, query, body, headers }: FastifyRequest): ScimParameters {
  const parameters = textsIn(query);
  return {
    id: textsIn(params).id ?? '',
    body,
    query: parameters,
    projection: readProjection(parameters),
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
  };
}

/** Names are not case-sensitive, and what is there twice counts once. */
function textsIn(given: unknown): Record<string, string | undefined> {
  const texts = Object.entries(given ?? {}).flatMap(([name, value]: [string, unknown]) => {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? [[name.toLowerCase(), first] as const] : [];
  });
  return Object.fromEntries(texts);
}

/** RFC 7644, section 3.4.3: the parameters of a query, as members of the body. */
export function searchIn(body: unknown): Pick<ScimParameters, 'query' | 'projection'> {
  if (!isObject(body)) throw invalid('invalidSyntax', 'The body must be a JSON object.');
  const given = Object.entries(body).map(([name, value]: [string, unknown]) => [
    name,
    Array.isArray(value) ? value.join() : typeof value === 'number' ? String(value) : value,
  ]);
  const query = textsIn(Object.fromEntries(given));
  return { query, projection: readProjection(query) };
}

export function parse(bytes: Uint8Array, done: (error: Error | null, body?: unknown) => void): void {
  const read = readJson(bytes);
  if ('refusal' in read) done(invalid('invalidSyntax', read.refusal));
  else done(null, read.value);
}

/** What Fastify refuses before a handler runs: bodies that are too large, of another type, or cut off. */
export function refusalOf(error: Error & { statusCode?: number }): Error {
  if (error instanceof ScimError) return error;
  switch (error.statusCode) {
    case 413:
      return new ScimError(413, 'The body is larger than 1 MiB.');
    case 415:
      return new ScimError(415, `The body must be ${mediaType} or application/json.`);
    case 400:
      return invalid('invalidSyntax', 'The request cannot be read.');
    default:
      return error;
  }
}
