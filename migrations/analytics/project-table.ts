/** Where the tables of the analytics store are created. */
export interface AnalyticsPlace {
  readonly database: string;
  /** Absent: one server, or the embedded engine. */
  readonly cluster?: string;
}

export interface ProjectTable {
  readonly name: string;
  /** Column definitions and indexes, separated by commas. The first is `project UInt32`, by which a cluster is sharded. */
  readonly columns: string;
  /**
   * Of rows with an equal sorting key, the one with the highest version stays. Absent: they become one, whose columns are
   * aggregated as their types say.
   */
  readonly version?: string;
  readonly order: string;
  readonly partition?: string;
  readonly ttl?: string;
  readonly settings?: string;
}

/** A step forward of the engine's schema. A landed migration is never edited. */
export interface AnalyticsMigration {
  readonly name: string;
  /** Each can be run again after an interruption: the engine has no transactions. */
  statements(place: AnalyticsPlace): readonly string[];
}

/**
 * The statements that create a table whose rows belong to projects. On a cluster the rows are in `<name>_local`,
 * replicated within each shard, and `<name>` distributes them by project: what a statement joins is on one shard.
 */
export function createProjectTable(place: AnalyticsPlace, table: ProjectTable): readonly string[] {
  if (place.cluster === undefined)
    return [`CREATE TABLE IF NOT EXISTS ${qualified(place, table.name)} ${body(table, engineOf(table))}`];
  const local = `${table.name}_local`;
  const cluster = quoted(place.cluster);
  // The paths and names of replicas come from the macros of each server, as its operator has set them.
  const path = `/clickhouse/tables/{shard}/${place.database}/${local}`;
  const engine = engineOf(table, `'${path}', '{replica}'`);
  return [
    `CREATE TABLE IF NOT EXISTS ${qualified(place, local)} ON CLUSTER ${cluster} ${body(table, engine)}`,
    `CREATE TABLE IF NOT EXISTS ${qualified(place, table.name)} ON CLUSTER ${cluster} AS ${qualified(place, local)} ENGINE = Distributed('${place.cluster}', '${place.database}', '${local}', project)`,
  ];
}

function engineOf({ version }: ProjectTable, replica?: string): string {
  const name = version === undefined ? 'AggregatingMergeTree' : 'ReplacingMergeTree';
  const parameters = [replica, version].filter((one) => one !== undefined).join(', ');
  return `${replica === undefined ? '' : 'Replicated'}${name}(${parameters})`;
}

/** Where the rows of a table are, by its full name, and what names the servers that have them. */
export function storedTable(place: AnalyticsPlace, name: string): { table: string; onCluster: string } {
  if (place.cluster === undefined) return { table: qualified(place, name), onCluster: '' };
  return { table: qualified(place, `${name}_local`), onCluster: `ON CLUSTER ${quoted(place.cluster)}` };
}

function body({ columns, order, partition, ttl, settings }: ProjectTable, engine: string): string {
  return [
    `(${columns})`,
    `ENGINE = ${engine}`,
    partition && `PARTITION BY ${partition}`,
    `ORDER BY ${order}`,
    ttl && `TTL ${ttl}`,
    settings && `SETTINGS ${settings}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The table by its full name, so that no statement depends on the database of a connection. */
export function qualified({ database }: AnalyticsPlace, table: string): string {
  return `${quoted(database)}.${quoted(table)}`;
}

function quoted(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name))
    throw new RangeError(`${name} is no name of a database, table or cluster.`);
  return `\`${name}\``;
}

/** The statements that create the database, and the table that holds the names of the migrations that were applied. */
export function migrationTable(place: AnalyticsPlace): readonly string[] {
  const table = `CREATE TABLE IF NOT EXISTS ${qualified(place, 'schema_migration')}`;
  const columns = "(name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))";
  if (place.cluster === undefined)
    return [
      `CREATE DATABASE IF NOT EXISTS ${quoted(place.database)}`,
      `${table} ${columns} ENGINE = MergeTree ORDER BY name`,
    ];
  const cluster = quoted(place.cluster);
  // One table for all shards: its path names none.
  const path = `/clickhouse/tables/all/${place.database}/schema_migration`;
  return [
    `CREATE DATABASE IF NOT EXISTS ${quoted(place.database)} ON CLUSTER ${cluster}`,
    `${table} ON CLUSTER ${cluster} ${columns} ENGINE = ReplicatedMergeTree('${path}', '{shard}-{replica}') ORDER BY name`,
  ];
}
