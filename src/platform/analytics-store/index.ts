/**
 * Everything between the product and the analytics engine. Statements are made of fragments (fragment.ts) over the
 * tables of projects (tables.ts), declared by `analyticsQuery` and `analyticsDeletion` (statement.ts) and run by
 * `AnalyticsStore`:
 *
 *     store.query(scope, query, input)      rows, as an array; a scope of a call in a project, or { orgId, project }
 *     store.insert(profileTarget, rows)     a block of rows
 *     store.insertLines(events, columns, …) the same, of rows that are text already
 *     store.delete(scope, deletion, input)  rows of one project
 */
export { AnalyticsStore, type StatementOwner } from './analytics-store.js';
export { AnalyticsStoreModule } from './analytics-store.module.js';
export { folderOf } from './embedded-engine.js';
export { AnalyticsEngine, type OpenEngine } from './engine.js';
export { engineAccess } from './engine-access.js';
export { addressOf, connectTo, type EngineConnection } from './engine-connection.js';
export { applyRetention, erasePerson, eraseProject } from './erasure.js';
export { Fragment, instant, sql, type TableSource, value } from './fragment.js';
export { type PersonAliasRow, personAliasTarget, type ProfileRow, profileTarget } from './insert-target.js';
export { engineObstacles, migrateEngine, readAppliedMigrations, readVersion } from './migrate-engine.js';
export {
  type AnalyticsDeletion,
  analyticsDeletion,
  type AnalyticsQuery,
  analyticsQuery,
} from './statement.js';
export {
  events,
  eventsWithCopies,
  personAliases,
  personAliasesWithCopies,
  persons,
  profiles,
  projectTables,
  tablesOfRecord,
  touches,
} from './tables.js';
