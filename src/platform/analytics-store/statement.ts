import type { EngineSettings } from './engine-settings.js';
import type { Fragment, TableSource } from './fragment.js';

/** A question to the analytics store about one project. Its rows are JSON: see AnalyticsStore.query. */
export interface AnalyticsQuery<Input, Row> {
  /** `<module>.<what>`, unique in the product; found again in the logs of the engine. */
  readonly name: string;
  readonly build: (input: Input) => Fragment;
  /** Inputs that together use every part of the statement. A spec runs each of them beside another project's rows. */
  readonly examples: readonly [Input, ...Input[]];
  /** What the engine needs to be told beyond the store's own settings, such as an algorithm of joins. */
  readonly settings?: EngineSettings;
  /** Only a type: what a row holds. */
  readonly row?: Row;
}

/** Rows of one project that are deleted. */
export interface AnalyticsDeletion<Input> {
  readonly name: string;
  readonly table: TableSource;
  /** About columns of the table; the project is added. */
  readonly where: (input: Input) => Fragment;
  readonly examples: readonly [Input, ...Input[]];
}

/** What a spec can run without knowing types: it passes each statement its own examples. */
export interface RegisteredStatements {
  readonly queries: readonly AnalyticsQuery<unknown, unknown>[];
  readonly deletions: readonly AnalyticsDeletion<unknown>[];
}

// What is known of their inputs stays with the modules that declare them.
const queries = new Map<string, unknown>();
const deletions = new Map<string, unknown>();

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
  refuseName(query.name);
  queries.set(query.name, query);
  return query;
}

/** Declares a deletion, once, when its module is loaded. */
export function analyticsDeletion<Input>(deletion: AnalyticsDeletion<Input>): AnalyticsDeletion<Input> {
  refuseName(deletion.name);
  deletions.set(deletion.name, deletion);
  return deletion;
}

function refuseName(name: string): void {
  if (queries.has(name) || deletions.has(name))
    throw new Error(`Two analytics statements are named ${name}.`);
  if (!/^[a-z_]+\.[a-z0-9_]+$/.test(name)) throw new Error(`${name} is no name of an analytics statement.`);
}

/** Every statement of the modules that are loaded. */
export function registeredStatements(): RegisteredStatements {
  // The maps do not keep the types of inputs; a caller passes each statement its own examples.
  return {
    queries: [...queries.values()],
    deletions: [...deletions.values()],
  } as unknown as RegisteredStatements;
}
