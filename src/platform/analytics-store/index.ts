/**
 * Everything between the product and the analytics engine. Statements are made of fragments (fragment.ts) over the
 * tables of projects (tables.ts), declared by `analyticsQuery` (statement.ts) and run by `AnalyticsStore`:
 *
 *     store.query(scope, query, input)   rows, as an array; `scope` has orgId and project.number
 *     store.stream(scope, query, input)  rows, in batches as they arrive
 *     store.insert(events, rows)         a block of rows
 */
export { Fragment, instant, Parameter, sql, value } from './fragment.js';
export { type AnalyticsQuery, analyticsQuery } from './statement.js';
export { events, personAliases, profiles } from './tables.js';
