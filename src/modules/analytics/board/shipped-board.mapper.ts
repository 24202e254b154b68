import { create, fromJson, type JsonObject, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type DashboardSchema,
  type DashboardTileInput,
  DashboardTileInputSchema,
  DashboardTileSchema,
  type DashboardTile,
  type GridPosition,
  type RenderedDashboardSchema,
  type RenderedTileSchema,
} from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import type { TimeRange, TimeRangePreset } from '@dovecote/contract/common/v1/time_pb';
import { InsightQuerySpecSchema as DocumentedSpecSchema } from '@dovecote/contract/insights/v1/insights_pb';
import type { Granularity as WireGranularity } from '@dovecote/contract/shared/insights/v1/insights_pb';
import {
  type InsightQuerySpec,
  InsightQuerySpecSchema,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../../platform/errors/index.js';
import { toWindow } from '../insight/index.js';
import type { AskedTime } from './asked-time.rules.js';
import type { Board, BoardHead, Look, Position, Tile, TileContent, TileDraft, View } from './board.js';
import type { AnsweredTile, Outcome } from './board-answers.service.js';
import {
  granularityNumbers,
  granularityOf,
  presetNumbers,
  presetOf,
  viewModeNumbers,
  viewOfMode,
} from './board-enums.mapper.js';
import type { SaveRules, SentTile } from './board.rules.js';
import type { BoardSettings } from './boards.service.js';
import { readSpec } from './question.mapper.js';
import { toShippedSpec } from './spec-conversion.mapper.js';
import { defaultGranularity, defaultPreset } from './window.rules.js';

/** Ids are those of the server, and titles tell tiles apart. */
export const shippedRules: SaveRules = {
  takesUnknownIds: false,
  repeatedId: repeatedTile,
  uniqueTitles: true,
};

function repeatedTile(): AppError {
  return new AppError('invalid_argument', 'INVALID_TILE_CONTENT', 'duplicate tile id in request');
}

function emptyTile(): AppError {
  return new AppError('invalid_argument', 'INVALID_TILE_CONTENT', 'a tile needs an insight or a markdown');
}

/** What a request says of the board itself; a default window that is not chosen is the usual one. */
export function toSettings({
  displayName,
  defaultTimeRange,
  defaultGranularity: granularity,
}: {
  readonly displayName: string;
  readonly defaultTimeRange: TimeRangePreset;
  readonly defaultGranularity: WireGranularity;
}): Omit<BoardSettings, 'description'> {
  return {
    name: displayName,
    defaultRange: presetOf(defaultTimeRange) ?? defaultPreset,
    defaultGranularity: granularityOf(granularity) ?? defaultGranularity,
  };
}

export function toAskedTime({
  timeRange,
  granularity,
}: {
  readonly timeRange?: TimeRange;
  readonly granularity: WireGranularity;
}): AskedTime {
  return { range: timeRange && toWindow(timeRange), granularity: granularityOf(granularity) };
}

export function toDashboard(board: Board): MessageInitShape<typeof DashboardSchema> {
  return {
    ...toHead(board),
    projectId: board.projectId,
    tiles: board.tiles.map((tile) => toTile(board, tile)),
    shareId: board.share?.token,
  };
}

function toHead(board: BoardHead) {
  return {
    id: board.id,
    displayName: board.name,
    description: board.description,
    createTime: timestampFromDate(board.createdAt),
    updateTime: timestampFromDate(board.updatedAt),
    defaultTimeRange: presetNumbers[board.defaultRange],
    defaultGranularity: granularityNumbers[board.defaultGranularity],
  };
}

export function toRendered(
  board: BoardHead,
  tiles: readonly AnsweredTile[],
): MessageInitShape<typeof RenderedDashboardSchema> {
  return { ...toHead(board), tiles: tiles.map((answered) => toRenderedTile(board, answered)) };
}

function toRenderedTile(
  board: BoardHead,
  { tile, outcome }: AnsweredTile,
): MessageInitShape<typeof RenderedTileSchema> {
  return { tile: toTile(board, tile), outcome: outcome && toOutcome(outcome) };
}

export function toOutcome(outcome: Outcome) {
  return 'answer' in outcome
    ? ({ case: 'result', value: outcome.answer } as const)
    : ({ case: 'errorMessage', value: outcome.error } as const);
}

function toTile(board: BoardHead, tile: Tile): DashboardTile {
  const { thresholds, header, visualization, compare } = readLook(tile.look);
  return create(DashboardTileSchema, {
    id: tile.id,
    dashboardId: board.id,
    displayName: tile.title,
    description: tile.description,
    createTime: timestampFromMs(tile.createdAt),
    updateTime: timestampFromMs(tile.updatedAt),
    content:
      tile.content.type === 'markdown'
        ? { case: 'markdown', value: { body: tile.content.body } }
        : { case: 'insight', value: { spec: shownSpec(tile.content) } },
    viewMode: viewModeNumbers[tile.view],
    compare,
    thresholds,
    header,
    visualization,
    position: tile.position,
  });
}

/** A question that cannot be read any more has none: the tile is still there, and can be mended or deleted. */
function shownSpec(content: Extract<TileContent, { type: 'insight' }>): InsightQuerySpec | undefined {
  try {
    return content.contract === 'shipped'
      ? readSpec(InsightQuerySpecSchema, content.spec)
      : toShippedSpec(readSpec(DocumentedSpecSchema, content.spec));
  } catch {
    return undefined;
  }
}

export function toSentTiles(tiles: readonly DashboardTileInput[]): SentTile[] {
  return tiles.map((tile) => {
    if (tile.content.case === undefined) throw emptyTile();
    return { id: tile.id, draft: (stored) => toDraft(tile, stored) };
  });
}

function toDraft(tile: DashboardTileInput, stored: Tile | undefined): TileDraft {
  return {
    title: tile.displayName,
    description: tile.description,
    content: toContent(tile, stored),
    view: toView(tile, stored),
    look: toLook(tile),
    position: tile.position && toPosition(tile.position),
  };
}

/** A question of the other contract that comes back as it was shown stays what it was. */
function toContent({ content }: DashboardTileInput, stored: Tile | undefined): TileContent {
  if (content.case === 'markdown') return { type: 'markdown', body: content.value.body };
  const spec = content.case === 'insight' ? content.value.spec : undefined;
  if (!spec) throw new RangeError('The contract requires a question.');
  const json = toJsonObject(spec);
  if (stored?.content.type === 'insight' && stored.content.contract === 'documented') {
    const shown = shownSpec(stored.content);
    if (shown && isDeepStrictEqual(toJsonObject(shown), json)) return stored.content;
  }
  return { type: 'insight', contract: 'shipped', spec: json };
}

function toView({ content, viewMode }: DashboardTileInput, stored: Tile | undefined): View {
  if (content.case === 'markdown') return 'none';
  if (stored && stored.view !== 'none' && viewModeNumbers[stored.view] === viewMode) return stored.view;
  return viewOfMode(viewMode);
}

function toLook({ compare, thresholds, header, visualization }: DashboardTileInput): Look {
  const look = create(DashboardTileInputSchema, { compare, thresholds, header, visualization });
  // The JSON of a message is an object.
  return toJson(DashboardTileInputSchema, look) as JsonObject;
}

function readLook(look: Look): DashboardTileInput {
  return fromJson(DashboardTileInputSchema, look, { ignoreUnknownFields: true });
}

function toPosition({ x, y, w, h }: GridPosition): Position {
  return { x, y, w, h };
}

function toJsonObject(spec: InsightQuerySpec): JsonObject {
  // The JSON of a message is an object.
  return toJson(InsightQuerySpecSchema, spec) as JsonObject;
}
