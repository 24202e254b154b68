import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate, timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type {
  DashboardWindow,
  ExportTilesResponseSchema,
  QueryDashboardResponseSchema,
  ShareSchema,
  TemplateSchema,
} from '@dovecote/contract/dovecote/dashboard/v1/dashboard_pb';
import { toWindow, type Window } from '../insight/index.js';
import type { AskedTime } from './asked-time.rules.js';
import type { Share } from './board.js';
import type { AnsweredBoard, AnsweredTile, Outcome } from './board-answers.service.js';
import { granularityOf, presetOf } from './board-enums.mapper.js';
import { toOutcome, toRendered } from './shipped-board.mapper.js';
import type { Template } from './templates.mapper.js';
import { csvOf, fileNameOf, type PeriodAnswer } from './tile-csv.mapper.js';

/** Unset: the default range of the board. */
export function toAskedTimeOf(window: DashboardWindow | undefined): AskedTime {
  if (!window) return {};
  const { range, granularity, comparison } = window;
  return {
    range: range.case === 'preset' ? presetOf(range.value) : range.case && toWindow(range.value),
    granularity: granularityOf(granularity),
    comparison:
      comparison.case === 'previousPeriod' ? 'previous' : comparison.case && toWindow(comparison.value),
  };
}

export function toShare({ token, expiresAt }: Share): MessageInitShape<typeof ShareSchema> {
  return { shareId: token, expireTime: expiresAt ? timestampFromDate(expiresAt) : undefined };
}

/** Null: there is none. */
export function toEnd(time: Timestamp | undefined): Date | null {
  return time ? timestampDate(time) : null;
}

export function toTemplate({
  id,
  name,
  description,
  tiles,
}: Template): MessageInitShape<typeof TemplateSchema> {
  return { id, displayName: name, description, tileNames: tiles.map(({ title }) => title) };
}

export function toAnsweredBoard({
  board,
  time: { window, compared },
  tiles,
}: AnsweredBoard): MessageInitShape<typeof QueryDashboardResponseSchema> {
  return {
    dashboard: toRendered(board, tiles),
    timeRange: toRange(window),
    comparedTiles: tiles.flatMap(({ tile, compared: outcome }) =>
      outcome ? [{ tileId: tile.id, outcome: toOutcome(outcome) }] : [],
    ),
    comparedRange: compared && toRange(compared.window),
  };
}

function toRange({ from, to }: Window) {
  return { from: timestampFromMs(from), to: timestampFromMs(to) };
}

/** The pieces of the file of a tile, or why there is none. `names`: of the files before it, to which its name is added. */
export function* toExport(
  { tile: { tile, outcome, compared } }: { readonly tile: AnsweredTile },
  names: Set<string>,
): Generator<MessageInitShape<typeof ExportTilesResponseSchema>> {
  const file = { tileId: tile.id, fileName: fileNameOf(tile.title, names) };
  const answers = periodsOf(outcome, compared);
  if ('error' in answers) {
    yield { ...file, outcome: { case: 'errorMessage', value: answers.error } };
    return;
  }
  const encoder = new TextEncoder();
  for (const piece of csvOf(answers.periods))
    yield { ...file, outcome: { case: 'content', value: encoder.encode(piece) } };
}

/** One error spoils the file: half a comparison compares nothing. */
function periodsOf(
  outcome: Outcome | undefined,
  compared: Outcome | undefined,
): { readonly error: string } | { readonly periods: PeriodAnswer[] } {
  if (!outcome) return { periods: [] };
  if ('error' in outcome) return outcome;
  if (!compared) return { periods: [{ period: '', answer: outcome.answer }] };
  if ('error' in compared) return compared;
  return {
    periods: [
      { period: 'current', answer: outcome.answer },
      { period: 'compared', answer: compared.answer },
    ],
  };
}
