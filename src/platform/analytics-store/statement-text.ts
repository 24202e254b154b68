import { type AnalyticsPlace, qualified } from '#migrations';
import type { TableSource } from './fragment.js';

interface Owner {
  readonly orgId: string;
  readonly requestId?: string;
}

/** The rows of one project: the condition is part of the text; the engine adds it as a filter, too. */
export function slice(place: AnalyticsPlace, { table, hasCopies }: TableSource): string {
  return `(SELECT * FROM ${qualified(place, table)}${hasCopies ? '' : ' FINAL'} WHERE project = {project:UInt32})`;
}

/** Where the rows of a table are kept, with the servers that keep them: for statements that alter rows. */
export function stored(place: AnalyticsPlace, { table }: TableSource): string {
  if (place.cluster === undefined) return qualified(place, table);
  return `${qualified(place, `${table}_local`)} ON CLUSTER \`${place.cluster}\``;
}

/** Tells whose statement it is, in the list of running queries. */
export function tagOf({ orgId }: Owner, name: string): string {
  return `/*dovecote:${name}:${orgId.replaceAll(/[^\w-]/g, '')}*/`;
}

/** The same in the query log, with the request. */
export function commentOf({ orgId, requestId = '' }: Owner, name: string): string {
  return `dovecote:${name}:${orgId}:${requestId}`;
}
