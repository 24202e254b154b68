import type { Fragment } from './fragment.js';

/** A question to the analytics store about one project. Its rows are JSON: see AnalyticsStore.query. */
export interface AnalyticsQuery<Input, Row> {
  /** `<module>.<what>`, unique in the product; found again in the logs of the engine. */
  readonly name: string;
  readonly build: (input: Input) => Fragment;
  /** Inputs that together use every part of the statement. A spec runs each of them beside another project's rows. */
  readonly examples: readonly [Input, ...Input[]];
  /** Only a type: what a row holds. */
  readonly row?: Row;
}

/** What a spec can run of a query without knowing its types. */
export interface RegisteredQuery {
  readonly name: string;
  readonly fragments: () => readonly Fragment[];
}

const registered = new Map<string, RegisteredQuery>();

/**
 * Declares a query, once, when its module is loaded:
 *
 *     const countOfKind = analyticsQuery<{ kind: string }, { events: number }>({
 *       name: 'insight.count_of_kind',
 *       build: ({ kind }) => sql`SELECT count() AS events FROM ${events} WHERE kind = ${value(kind, 'String')}`,
 *       examples: [{ kind: 'page_view' }],
 *     });
 *     const [{ events }] = await store.query(scope, countOfKind, { kind: 'sign_up' });
 */
export function analyticsQuery<Input, Row>(
  query: Omit<AnalyticsQuery<Input, Row>, 'row'>,
): AnalyticsQuery<Input, Row> {
  if (registered.has(query.name)) throw new Error(`Two analytics queries are named ${query.name}.`);
  if (!/^[a-z_]+\.[a-z0-9_]+$/.test(query.name)) throw new Error(`${query.name} is no name of a query.`);
  registered.set(query.name, { name: query.name, fragments: () => query.examples.map(query.build) });
  return query;
}

/** Every query of the modules that are loaded. */
export function registeredQueries(): readonly RegisteredQuery[] {
  return [...registered.values()];
}
