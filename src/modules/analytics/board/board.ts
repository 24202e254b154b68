import type { JsonObject } from '@bufbuild/protobuf';
import type { Granularity } from '../insight/index.js';
import type { Preset } from './window.rules.js';

/** A board without its tiles. */
export interface BoardHead {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly defaultRange: Preset;
  readonly defaultGranularity: Granularity;
  /** Rises with each change of the board or its tiles. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Board extends BoardHead {
  /** Oldest first; in the answer to a save in the order of the request. */
  readonly tiles: readonly Tile[];
  /** The link by which the board is shared; absent while it is not. */
  readonly share?: Share;
}

export interface Share {
  /** 64 hexadecimal digits. */
  readonly token: string;
  /** Null: the link does not expire. */
  readonly expiresAt: Date | null;
}

/** What a caller decides about a tile. Kept as JSON, in the column `tiles` of its board. */
export interface TileDraft {
  readonly title: string;
  readonly description: string;
  readonly content: TileContent;
  readonly view: View;
  readonly look: Look;
  /** Absent: clients place the tile. */
  readonly position?: Position;
}

export interface Tile extends TileDraft {
  readonly id: string;
  /** Milliseconds of the epoch, like `updatedAt`. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/**
 * A question is kept in the contract in which it was asked, as the JSON of its message, so that it comes back as it was
 * sent and means what it meant there.
 */
export type TileContent =
  | { readonly type: 'markdown'; readonly body: string }
  | { readonly type: 'insight'; readonly contract: 'shipped' | 'documented'; readonly spec: JsonObject };

/** How an answer is shown, over both contracts. */
export type View =
  'none' | 'line' | 'area' | 'bar' | 'bar_stacked' | 'table' | 'kpi' | 'sankey' | 'pie' | 'map' | 'funnel';

/** Comparison, thresholds, header and visualization, as the JSON of a `dashboard.dashboards.v1.DashboardTileInput`. */
export type Look = JsonObject;

/** On a grid of 72 columns; a row is as high as a column is wide in the contract of 12 columns, divided by six. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
