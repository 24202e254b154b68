import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { events, type TableSource, touches } from '../../../platform/analytics-store/index.js';
import type { EventRow } from './event-row.js';
import { engineTime } from './event-row.rules.js';
import { monthOf } from './month.rules.js';
import type { TouchRow } from './touch-row.js';

/**
 * The fastest level: the rows of one request repeat each other, so that a higher one saves a few per cent and costs more
 * than all the rest.
 */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

type Column = Exclude<keyof EventRow, 'project' | 'batch_id' | 'received_at'>;

/** In the order of `valuesOf`. */
const columns: readonly Column[] = [
  'kind',
  'occur_time',
  'distinct_id',
  'session_id',
  'event_id',
  'cookieless',
  'bot',
  'bot_score',
  'verified_bot',
  'mobile',
  'country',
  'region',
  'city',
  'browser',
  'browser_version',
  'os',
  'os_version',
  'device',
  'platform',
  'url',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'pathname',
  'hostname',
  'referrer',
  'referrer_domain',
  'channel',
  'locale',
  'screen_size',
  'page_title',
  'properties',
  'numbers',
  'types',
  'expires_on',
];

/** In the order of `touchValuesOf`. */
const touchColumns = [
  'screen',
  'day',
  'touch',
  'campaign',
  'kind',
  'x',
  'y',
  'bucket',
  'salted_at',
  'expires_on',
] as const satisfies readonly (keyof TouchRow)[];

interface Layout {
  readonly table: TableSource;
  /** Columns of which the queue knows the values, the same for all rows of a batch; they stand first. */
  readonly stamp: readonly ('project' | 'batch_id' | 'received_at')[];
  readonly columns: readonly string[];
}

/**
 * What the queued rows hold, by the number of their layout. Batches of an older server are still queued when a newer one
 * drains them: a layout that was released never changes, a new column makes a new one.
 */
const layouts: Readonly<Record<number, Layout>> = {
  1: { table: events, stamp: ['project', 'batch_id', 'received_at'], columns },
  // Neither the batch nor the time of its receipt: they would tell which touches are of one person.
  2: { table: touches, stamp: ['project'], columns: touchColumns },
};
const CURRENT_LAYOUT = 1;
const TOUCH_LAYOUT = 2;

/** The layouts that this version can drain. */
export const knownLayouts: readonly number[] = Object.keys(layouts).map(Number);

/** Rows as the queue holds them. */
export interface BatchBody {
  /** How many rows. */
  readonly events: number;
  /** Bytes of the rows before compression. */
  readonly rawOctets: number;
  /** The distinct months of the events, each one a partition of the analytics store. */
  readonly months: readonly number[];
  readonly layout: number;
  /** Compressed with zstd: one JSON array per line, the columns in the order of the layout. */
  readonly body: Buffer;
}

/** A queued row under the names of its columns: an EventRow or a TouchRow, as the layout says. */
export type QueuedRow = Readonly<Record<string, unknown>>;

/** What the queue knows about a batch beside its rows. */
interface BatchStamp {
  readonly id: string;
  readonly project: number;
  readonly receivedAt: Date;
  readonly layout: number;
}

/** Where a batch is inserted. */
export interface BatchTarget {
  readonly table: TableSource;
  readonly columns: readonly string[];
}

/** The values of the current layout. Written out, because looking each one up by name takes three times as long. */
function valuesOf(row: EventRow): unknown[] {
  return [
    row.kind,
    row.occur_time,
    row.distinct_id,
    row.session_id ?? '',
    row.event_id,
    row.cookieless ?? false,
    row.bot ?? false,
    row.bot_score ?? null,
    row.verified_bot ?? null,
    row.mobile ?? null,
    row.country ?? '',
    row.region ?? '',
    row.city ?? '',
    row.browser ?? '',
    row.browser_version ?? '',
    row.os ?? '',
    row.os_version ?? '',
    row.device ?? '',
    row.platform ?? '',
    row.url ?? '',
    row.utm_source ?? '',
    row.utm_medium ?? '',
    row.utm_campaign ?? '',
    row.utm_term ?? '',
    row.utm_content ?? '',
    row.pathname ?? '',
    row.hostname ?? '',
    row.referrer ?? '',
    row.referrer_domain ?? '',
    row.channel ?? '',
    row.locale ?? '',
    row.screen_size ?? '',
    row.page_title ?? '',
    row.properties,
    row.numbers,
    row.types,
    row.expires_on ?? '2149-06-06',
  ];
}

/** Writes the rows, without project, batch and time of receipt: those are the queue's to say. */
export function encodeBody(rows: readonly EventRow[]): BatchBody {
  const months = new Set<number>();
  const lines = rows.map((row) => {
    months.add(monthOf(row.occur_time));
    return JSON.stringify(valuesOf(row));
  });
  return { ...bodyOf(lines), months: [...months].sort((a, b) => a - b), layout: CURRENT_LAYOUT };
}

/** The same for touches, which are all of one day. */
export function encodeTouches(rows: readonly TouchRow[]): BatchBody {
  const months = [...new Set(rows.map(({ day }) => monthOf(day)))];
  const lines = rows.map((row) => JSON.stringify(touchColumns.map((column) => row[column])));
  return { ...bodyOf(lines), months, layout: TOUCH_LAYOUT };
}

/** Where a queued batch is inserted. Throws on a layout that this version does not know. */
export function insertTarget(layout: number): BatchTarget {
  const { table, stamp, columns: own } = layoutOf(layout);
  return { table, columns: [...stamp, ...own] };
}

function layoutOf(layout: number): Layout {
  const known = layouts[layout];
  if (!known) throw new Error(`A queued batch has layout ${layout}, which a newer version wrote.`);
  return known;
}

/** The queued lines: a JSON array each. */
export function linesOf(body: Uint8Array): string[] {
  return zstdDecompressSync(body).toString().split('\n');
}

/** The same lines as a body again. */
export function bodyOf(lines: readonly string[]): Pick<BatchBody, 'events' | 'rawOctets' | 'body'> {
  const raw = Buffer.from(lines.join('\n'));
  return { events: lines.length, rawOctets: raw.length, body: zstdCompressSync(raw, compression) };
}

/**
 * The rows in the format JSONCompactEachRow, with the columns of `insertTarget`. The same batch always yields the same bytes.
 *
 * @param keeps Which lines to keep; absent: all of them.
 */
export function decodeBody(
  { id, project, receivedAt, layout }: BatchStamp,
  body: Uint8Array,
  keeps?: (line: string) => boolean,
): string {
  const raw = keeps ? linesOf(body).filter(keeps).join('\n') : zstdDecompressSync(body).toString();
  if (raw === '') return '';
  const stamp = { project, batch_id: `"${id}"`, received_at: `"${engineTime(receivedAt.getTime())}"` };
  const head = `[${layoutOf(layout)
    .stamp.map((column) => stamp[column])
    .join(',')},`;
  // JSON escapes line breaks: one that is followed by a bracket is between two rows.
  return `${head}${raw.slice(1).replaceAll('\n[', `\n${head}`)}\n`;
}

/** The queued rows as objects, for people to read. */
export function readBody(
  stamp: Omit<BatchStamp, 'layout'>,
  { layout, body }: Pick<BatchBody, 'layout' | 'body'>,
): QueuedRow[] {
  const { columns: names } = insertTarget(layout);
  return decodeBody({ ...stamp, layout }, body)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const values = JSON.parse(line) as unknown[];
      return Object.fromEntries(names.map((name, index) => [name, values[index]]));
    });
}
