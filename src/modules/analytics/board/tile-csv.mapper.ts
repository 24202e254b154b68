import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import { create } from '@bufbuild/protobuf';
import { type Duration } from '@bufbuild/protobuf/wkt';
import {
  type QueryResponse,
  QueryResponseSchema,
  type TrendsResult,
  type FunnelResult,
  type RetentionResult,
  type UserFlowResult,
  type TopKResult,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { csvRecord } from '../../../platform/text/index.js';

/** A text is guarded against spreadsheets that would run it; a number is a number. */
type Cell = string | number;

/** Rows whose records are made into one text at a time. */
const ROWS_OF_PIECE = 1_000;

interface Table {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly Cell[]>;
}

/** An answer, and which time it is about; empty without a comparison. */
export interface PeriodAnswer {
  readonly period: string;
  readonly answer: MessageInitShape<typeof QueryResponseSchema>;
}

/** The answers to one question as CSV by RFC 4180, with a header, in pieces. */
export function* csvOf(answers: readonly PeriodAnswer[]): Generator<string> {
  let header: readonly string[] | undefined;
  let piece = '';
  let rows = 0;
  for (const { period, answer } of answers) {
    const table = tableOf(create(QueryResponseSchema, answer));
    const lead = period === '' ? [] : [period];
    if (!header) {
      header = [...(period === '' ? [] : ['period']), ...table.columns];
      piece += csvRecord(header);
    }
    for (const row of table.rows) {
      piece += csvRecord([...lead, ...row]);
      if (++rows % ROWS_OF_PIECE > 0) continue;
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}

function tableOf({ result }: QueryResponse): Table {
  switch (result.case) {
    case 'trends':
      return trends(result.value);
    case 'segmentation':
      return { columns: ['value'], rows: [[result.value.total]] };
    case 'funnel':
      return funnel(result.value);
    case 'retention':
      return retention(result.value);
    case 'userFlow':
      return userFlow(result.value);
    case 'topK':
      return topK(result.value);
    case undefined:
      return { columns: [], rows: [] };
  }
}

interface Broken {
  readonly breakdown: Readonly<Record<string, string>>;
}

/** Every series of an answer is broken down by the same properties. */
function propertiesOf([first]: readonly Broken[]): string[] {
  return Object.keys(first?.breakdown ?? {});
}

function* trendRows({ series }: TrendsResult, properties: readonly string[]): Generator<readonly Cell[]> {
  for (const { eventKind, breakdown, points } of series) {
    const named = properties.map((property) => breakdown[property] ?? '');
    for (const { time, value } of points) yield [eventKind, ...named, instantOf(time), value];
  }
}

function trends(result: TrendsResult): Table {
  const properties = propertiesOf(result.series);
  return { columns: ['event', ...properties, 'time', 'value'], rows: trendRows(result, properties) };
}

function* funnelRows({ series }: FunnelResult, properties: readonly string[]): Generator<readonly Cell[]> {
  for (const { breakdown, steps } of series) {
    const named = properties.map((property) => breakdown[property] ?? '');
    for (const [index, { eventKind, total, timing }] of steps.entries()) {
      const times = [timing?.avg, timing?.median, timing?.p95].map(secondsOf);
      yield [...named, index + 1, eventKind, total, ...times];
    }
  }
}

function funnel(result: FunnelResult): Table {
  const properties = propertiesOf(result.series);
  const numbers = ['persons', 'average_seconds', 'median_seconds', 'p95_seconds'];
  return { columns: [...properties, 'step', 'event', ...numbers], rows: funnelRows(result, properties) };
}

function* retentionRows(
  { series }: RetentionResult,
  properties: readonly string[],
): Generator<readonly Cell[]> {
  for (const { breakdown, cohorts } of series) {
    const named = properties.map((property) => breakdown[property] ?? '');
    for (const { cohort, cohortSize, points } of cohorts)
      for (const { time, value } of points) yield [...named, cohort, cohortSize, instantOf(time), value];
  }
}

function retention(result: RetentionResult): Table {
  const properties = propertiesOf(result.series);
  const columns = [...properties, 'cohort', 'persons', 'time', 'percent_returned'];
  return { columns, rows: retentionRows(result, properties) };
}

function userFlow({ nodes, links }: UserFlowResult): Table {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return {
    columns: ['step', 'from', 'to', 'sessions'],
    rows: links.map(({ source, target, value }) => {
      const [from, to] = [byId.get(source), byId.get(target)];
      return [(from?.depth ?? 0) + 1, from?.label ?? '', to?.label ?? '', Number(value)];
    }),
  };
}

function topK({ rows }: TopKResult): Table {
  return {
    columns: ['name', 'value'],
    rows: rows.map(({ dimensionValue, isOthers, value }) => [isOthers ? '$others' : dimensionValue, value]),
  };
}

function instantOf(time: Timestamp | undefined): string {
  return time ? new Date(timestampMs(time)).toISOString() : '';
}

function secondsOf(duration: Duration | undefined): Cell {
  return duration ? Number(duration.seconds) + duration.nanos / 1_000_000_000 : '';
}

/** A file for each tile: made of its title, unique among those that were named before. */
export function fileNameOf(title: string, taken: Set<string>): string {
  const plain = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80);
  const base = plain || 'tile';
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
  taken.add(name);
  return `${name}.csv`;
}
