import { Readable } from 'node:stream';
import { type AnalyticsPlace, qualified } from '#migrations';
import { AppError } from '../errors/index.js';
import type { AnalyticsEngine } from './engine.js';
import type { EngineConnection } from './engine-connection.js';
import { EngineError, fromEngineError } from './engine-errors.js';
import { type EngineSettings, settingsClause } from './engine-settings.js';
import type { Fragment, TableSource } from './fragment.js';
import { type InsertTarget, encodeRows } from './insert-target.js';
import { render } from './render.js';
import { readRow } from './result-rows.js';
import { commentOf, slice, stored, tagOf } from './statement-text.js';
import type { AnalyticsDeletion, AnalyticsQuery } from './statement.js';
import { events, persons, projectTables } from './tables.js';

/** For which project a statement runs, and on whose behalf. A Scope of a call in a project is one. */
export interface StatementOwner {
  readonly orgId: string;
  readonly project: { readonly number: number };
  readonly requestId?: string;
  /** Ends the statement with its call. */
  readonly signal?: AbortSignal;
}

export interface StatementLimits {
  readonly seconds: number;
  /** Bytes. */
  readonly memory: number;
  /** Rows that are read. */
  readonly rows: number;
}

export interface StatementOptions {
  /** Ends the statement; by default that of its owner. */
  readonly signal?: AbortSignal;
  /** Where the configured limits do not fit, such as in an export. */
  readonly limits?: Partial<StatementLimits>;
}

export interface AnalyticsStoreOptions {
  readonly limits: StatementLimits;
  /** Bytes that an insert leaves free on the disk. */
  readonly freeDisk: number;
}

/** Temporary files of a question, in multiples of its memory. */
const DISK_PER_MEMORY = 8;
/** The longest answer: this process holds it in memory as a whole. A question whose answer is longer is refused. */
const answerRows = 200_000;
const answerBytes = 64 * 1024 ** 2;
/**
 * A server continues a statement whose client has left, unless it is told to stop, and only where the statement can
 * change nothing. With 2 a statement still says its other settings.
 */
const endsWithItsClient = { readonly: '2', cancel_http_readonly_queries_on_client_close: 1 } as const;
/** The last day that the engine's type knows stands for never. */
const lastDay = '2149-06-06';
const expiryDay = (time: string): string =>
  `toDate(least(toDate32(${time}) + toIntervalDay({days:UInt32}), toDate32({last:String})))`;
/** Tables whose rows expire, by the column that says after which time. */
const expiring = [
  { table: events, time: 'occur_time' },
  { table: persons, time: 'last_seen' },
] as const;

/** The only road to the analytics engine. Every method throws AppError. */
export class AnalyticsStore {
  constructor(
    private readonly engine: AnalyticsEngine,
    private readonly options: AnalyticsStoreOptions,
  ) {}

  /**
   * The rows of a query as objects, with its columns as members. 64-bit numbers are numbers; one that a number cannot hold
   * exactly, such as a hash, throws: select it with toString. Infinity and NaN are null. A query that fails on the way has
   * no rows.
   */
  async query<Input, Row>(
    owner: StatementOwner,
    query: AnalyticsQuery<Input, Row>,
    input: Input,
    options: StatementOptions = {},
  ): Promise<Row[]> {
    return this.withConnection(owner, options, async ({ client, place }, signal) => {
      const answer = await client.query({
        ...this.select(owner, query, query.build(input), place, options.limits),
        format: 'JSONCompact',
        abort_signal: signal,
        // So that an error comes as one, and not behind half of the rows.
        clickhouse_settings: { ...endsWithItsClient, wait_end_of_query: 1 },
      });
      const { meta = [], data } = await answer.json<unknown[]>();
      return data.map((values) => readRow<Row>(meta, values));
    });
  }

  /**
   * Hands the rows of a query to `take` as they come, some at a time, each as its values in the order of the columns: for
   * more rows than fit into memory. They are those of one moment. Waits for `take`; what it throws ends the query. The rows
   * that were handed over before an error are part of an answer that does not exist.
   */
  async stream<Input>(
    owner: StatementOwner,
    query: AnalyticsQuery<Input, unknown>,
    input: Input,
    take: (rows: readonly unknown[][]) => Promise<void>,
    options: StatementOptions = {},
  ): Promise<void> {
    await this.withConnection(owner, options, async ({ client, place }, signal) => {
      const answer = await client.query({
        ...this.select(owner, query, query.build(input), place, options.limits, {
          answerRows: 0,
          answerBytes: 0,
        }),
        format: 'JSONCompactEachRow',
        abort_signal: signal,
      });
      // The stream yields lists of rows, which the types of the client leave open.
      const pieces = answer.stream() as AsyncIterable<readonly { json(): unknown[] }[]>;
      for await (const piece of pieces) {
        signal?.throwIfAborted();
        await take(piece.map((row) => row.json()));
      }
    });
  }

  /** Inserts a block of rows. Rows that are there already are the same rows: what failed can be sent again. */
  async insert<Row>(
    { table, ...target }: InsertTarget<Row>,
    rows: readonly Row[],
    options: StatementOptions = {},
  ): Promise<void> {
    if (rows.length === 0) return;
    try {
      await this.insertLines(table, target.columns, encodeRows({ table, ...target }, rows), options);
    } catch (error) {
      throw fromEngineError(error) ?? error;
    }
  }

  /**
   * Inserts lines of JSONCompactEachRow, which name their projects themselves: all or none, as far as they lie in one
   * month. Rejects with an AppError before the engine is reached, and then with an EngineError: its `code` tells whether
   * the rows are at fault.
   */
  async insertLines(
    table: TableSource,
    columns: readonly string[],
    lines: string,
    { signal }: StatementOptions = {},
  ): Promise<void> {
    const names = columns.map(columnName).join(', ');
    await this.engine.use(async ({ client, place }) => {
      const settings = settingsClause({
        ...insertSettings(place),
        min_free_disk_bytes_to_perform_insert: this.options.freeDisk,
      });
      try {
        const { stream } = await client.exec({
          query: `INSERT INTO ${qualified(place, table.table)} (${names}) ${settings} FORMAT JSONCompactEachRow`,
          values: Readable.from([Buffer.from(lines)], { objectMode: false }),
          abort_signal: signal,
        });
        stream.resume();
      } catch (error) {
        throw EngineError.of(error);
      }
    }, signal);
  }

  /**
   * Deletes the rows that match, in the owner's project only. When the promise resolves no query sees them any more; the
   * engine frees their space later.
   */
  async delete<Input>(
    owner: StatementOwner,
    deletion: AnalyticsDeletion<Input>,
    input: Input,
    options: StatementOptions = {},
  ): Promise<void> {
    await this.withConnection(owner, options, async ({ client, place }, signal) => {
      const { text, parameters } = render(deletion.where(input), owner.project.number, () => {
        throw new Error('The condition of a deletion reads no table.');
      });
      // The engine applies additional_table_filters to reads only: here the condition stands alone.
      const settings = settingsClause({
        lightweight_deletes_sync: 2,
        max_execution_time: options.limits?.seconds ?? this.options.limits.seconds,
        log_comment: commentOf(owner, deletion.name),
      });
      await client.command({
        query: `${tagOf(owner, deletion.name)} DELETE FROM ${stored(place, deletion.table)} WHERE project = {project:UInt32} AND (${text}) ${settings}`,
        query_params: parameters,
        abort_signal: signal,
      });
    });
  }

  /**
   * Sets for how many days after their time the owner's events are kept; null: without end. Runs behind the answer, and
   * rewrites one column of every part that has such events; expired ones go with it.
   */
  async setExpiry(owner: StatementOwner, days: number | null): Promise<void> {
    const name = 'events.set_expiry';
    await this.withConnection(owner, {}, async ({ client, place }) => {
      const settings = settingsClause({ mutations_sync: 0, log_comment: commentOf(owner, name) });
      for (const { table, time } of expiring) {
        const day = days === null ? 'toDate({last:String})' : expiryDay(time);
        await client.command({
          query: `${tagOf(owner, name)} ALTER TABLE ${stored(place, table)} UPDATE expires_on = ${day} WHERE project = {project:UInt32} ${settings}`,
          query_params: { project: owner.project.number, days: days ?? 0, last: lastDay },
        });
      }
    });
  }

  /**
   * Frees the space of rows that were deleted in any project, behind the answer. Without it they lie on the disk, unseen,
   * until the engine merges their part, perhaps never. Rewrites the parts that hold such rows: for a nightly job. Starts no
   * engine that was never used.
   */
  async freeDeleted({ signal }: StatementOptions = {}): Promise<void> {
    if (!(await this.engine.isUsed())) return;
    await this.withConnection({}, { signal }, async ({ client, place }) => {
      for (const table of projectTables)
        await client.command({
          query: `ALTER TABLE ${stored(place, table)} APPLY DELETED MASK ${settingsClause({ mutations_sync: 0 })}`,
          abort_signal: signal,
        });
    });
  }

  private select<Input, Row>(
    owner: StatementOwner,
    { name, settings = {} }: AnalyticsQuery<Input, Row>,
    fragment: Fragment,
    place: AnalyticsPlace,
    limits: Partial<StatementLimits> = {},
    longest = { answerRows, answerBytes },
  ) {
    const { text, parameters } = render(fragment, owner.project.number, (table) => slice(place, table));
    const all = { ...this.options.limits, ...limits };
    const clause = settingsClause({
      ...settings,
      ...readSettings(place),
      max_execution_time: all.seconds,
      max_memory_usage: all.memory,
      ...spilling(all.memory),
      max_rows_to_read: all.rows,
      max_result_rows: longest.answerRows,
      max_result_bytes: longest.answerBytes,
      additional_table_filters: filtersOf(place, owner.project.number),
      log_comment: commentOf(owner, name),
    });
    return {
      query: `${tagOf(owner, name)} ${text}\n${clause}`,
      query_params: parameters,
      clickhouse_settings: endsWithItsClient,
    };
  }

  private async withConnection<T>(
    owner: Partial<StatementOwner>,
    { signal = owner.signal }: StatementOptions,
    work: (connection: EngineConnection, signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.engine.use((connection) => work(connection, signal), signal);
    } catch (error) {
      if (signal?.aborted) throw new AppError('cancelled', 'CANCELLED', 'The call was cancelled.', {}, error);
      throw fromEngineError(error) ?? error;
    }
  }
}

function filtersOf({ database, cluster }: AnalyticsPlace, project: number): Record<string, string> {
  const tables = projectTables.flatMap(({ table }) =>
    cluster === undefined ? [table] : [table, `${table}_local`],
  );
  return Object.fromEntries(
    tables.map((table) => [`${database}.${table}`, `project = ${Math.trunc(project)}`]),
  );
}

/**
 * Groups and sorted rows beyond half of the memory go to temporary files: a question over a long history takes longer
 * instead of being refused. The disk that one question may use is bounded like its memory.
 */
function spilling(memory: number): EngineSettings {
  const threshold = Math.trunc(memory / 2);
  return {
    max_bytes_before_external_group_by: threshold,
    max_bytes_before_external_sort: threshold,
    max_temporary_data_on_disk_size_for_query: memory * DISK_PER_MEMORY,
  };
}

function readSettings({ cluster }: AnalyticsPlace): EngineSettings {
  return {
    // Copies of an event lie in one month.
    do_not_merge_across_partitions_select_final: 1,
    // The engine moves conditions on the sorting key only, on which a row and its other versions agree.
    optimize_move_to_prewhere_if_final: 1,
    output_format_json_quote_64bit_integers: 0,
    output_format_json_quote_denormals: 0,
    ...(cluster !== undefined && { distributed_product_mode: 'local', optimize_skip_unused_shards: 1 }),
  };
}

function insertSettings({ cluster }: AnalyticsPlace): EngineSettings {
  return {
    // Rows are idempotent; a block that equals an earlier one may follow a deletion, and must not be dropped.
    insert_deduplicate: 0,
    async_insert: 0,
    // The drain bounds the months of a block, except for a batch that has more by itself.
    max_partitions_per_insert_block: 0,
    ...(cluster !== undefined && { distributed_foreground_insert: 1 }),
  };
}

function columnName(column: string): string {
  if (!/^[a-z_]+$/.test(column)) throw new RangeError(`${column} is no column.`);
  return column;
}
