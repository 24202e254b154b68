import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type DashboardSchema,
  type Tile as WireTile,
  type TileSchema,
  TileType,
} from '@dovecote/contract/dashboards/v1/dashboards_pb';
import { type InsightQuerySpec, InsightQuerySpecSchema } from '@dovecote/contract/insights/v1/insights_pb';
import { InsightQuerySpecSchema as ShippedSpecSchema } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import { violationsOf } from '../insight/index.js';
import type { Board, BoardHead, Position, Tile, TileContent, TileDraft, View } from './board.js';
import { viewOfVisualization, visualizationNumbers } from './board-enums.mapper.js';
import type { SaveRules, SentTile } from './board.rules.js';
import { coarsePositions, toFine } from './grid.rules.js';
import { readSpec } from './question.mapper.js';
import { toDocumentedSpec } from './spec-conversion.mapper.js';

/** Ids may be those of the caller, and titles need not differ. */
export const documentedRules: SaveRules = {
  takesUnknownIds: true,
  repeatedId: (position) =>
    invalidArgument([{ field: `tiles[${position}].id`, description: 'is the id of an earlier tile, too' }]),
  uniqueTitles: false,
};

/** Stands for a question that the contract cannot say. */
const beyondContract =
  'This tile asks a question that insights.v1 cannot ask. Clients of shared.insights.v1 show it. Sent back as it is, it stays.';

export function toHead(board: BoardHead) {
  return {
    id: board.id,
    name: board.name,
    description: board.description,
    createdAt: timestampFromDate(board.createdAt),
    updatedAt: timestampFromDate(board.updatedAt),
  };
}

export function toDashboard(board: Board): MessageInitShape<typeof DashboardSchema> {
  const positions = coarsePositions(board.tiles.map(({ position }) => position));
  return { ...toHead(board), tiles: board.tiles.map((tile, index) => toTile(tile, positions[index])) };
}

function toTile(tile: Tile, position: Position | undefined): MessageInitShape<typeof TileSchema> {
  const { id, title } = tile;
  const query = shownSpec(tile.content);
  if (query) {
    const visualization = visualizationNumbers[tile.view];
    const content = { case: 'insight', value: { query, visualization } } as const;
    return { id, title, position, type: TileType.INSIGHT, content };
  }
  const content = { case: 'markdown', value: { content: shownNote(tile.content) } } as const;
  return { id, title, position, type: TileType.MARKDOWN, content };
}

/** The question as this contract asks it; undefined for a note, and for a question that it cannot ask. */
function shownSpec(content: TileContent): InsightQuerySpec | undefined {
  if (content.type === 'markdown') return undefined;
  try {
    return content.contract === 'documented'
      ? readSpec(InsightQuerySpecSchema, content.spec)
      : toDocumentedSpec(readSpec(ShippedSpecSchema, content.spec));
  } catch {
    return undefined;
  }
}

function shownNote(content: TileContent): string {
  return content.type === 'markdown' ? content.body : beyondContract;
}

/** What is wrong with the questions of a save beyond what the rules of single fields tell. */
export function violationsOfTiles(tiles: readonly WireTile[]): FieldViolation[] {
  return tiles.flatMap(({ content }, index) =>
    content.case === 'insight' && content.value.query
      ? violationsOf(content.value.query, { path: `tiles[${index}].insight.query`, needsRange: false })
      : [],
  );
}

export function toSentTiles(tiles: readonly WireTile[]): SentTile[] {
  return tiles.map((tile) => ({ id: tile.id, draft: (stored) => toDraft(tile, stored) }));
}

function toDraft(tile: WireTile, stored: Tile | undefined): TileDraft {
  const content = toContent(tile, stored);
  return {
    title: tile.title,
    description: stored?.description ?? '',
    content,
    view: content.type === 'markdown' ? 'none' : toView(tile, stored),
    look: stored?.look ?? {},
    position: toPosition(tile, stored),
  };
}

/** What comes back as it was shown stays what it was, also a question that this contract can only mention. */
function toContent({ content }: WireTile, stored: Tile | undefined): TileContent {
  const shown = stored && shownSpec(stored.content);
  if (content.case === 'markdown') {
    const body = content.value.content;
    return stored && !shown && shownNote(stored.content) === body
      ? stored.content
      : { type: 'markdown', body };
  }
  const query = content.case === 'insight' ? content.value.query : undefined;
  if (!query) throw new RangeError('The contract requires a question.');
  const spec = toJsonObject(query);
  if (shown && isDeepStrictEqual(toJsonObject(shown), spec)) return stored.content;
  return { type: 'insight', contract: 'documented', spec };
}

function toView({ content }: WireTile, stored: Tile | undefined): View {
  // A question that is only mentioned is shown as it was.
  if (content.case !== 'insight') return stored?.view ?? 'line';
  const { visualization } = content.value;
  if (stored && stored.view !== 'none' && visualizationNumbers[stored.view] === visualization)
    return stored.view;
  return viewOfVisualization(visualization);
}

/** A place that comes back as it was shown is still the finer one. Tiles that clients place have got one by now. */
function toPosition({ position }: WireTile, stored: Tile | undefined): Position | undefined {
  if (!position) throw new RangeError('The contract requires a position.');
  const { x, y, w, h } = position;
  const [shown] = stored?.position ? coarsePositions([stored.position]) : [];
  return shown && isDeepStrictEqual(shown, { x, y, w, h }) ? stored?.position : toFine({ x, y, w, h });
}

function toJsonObject(spec: InsightQuerySpec): JsonObject {
  // The JSON of a message is an object.
  return toJson(InsightQuerySpecSchema, spec) as JsonObject;
}
