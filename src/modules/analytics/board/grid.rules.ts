import type { Position } from './board.js';

/** Columns and rows of the grid of 72 columns for one of the grid of 12 columns. */
const FINER = 6;
const COLUMNS = 12;
const MOST_ROWS = 100;
const LAST_ROW = 10_000;
/** The size of tiles that clients place: two in a row. */
const PLACED = { w: 6, h: 4 };

/** On the grid of 12 columns: edges go to the nearest line, so that neighbours stay neighbours. */
export function toCoarse({ x, y, w, h }: Position): Position {
  const left = Math.min(COLUMNS - 1, Math.round(x / FINER));
  const top = Math.min(LAST_ROW, Math.round(y / FINER));
  const right = Math.min(COLUMNS, Math.round((x + w) / FINER));
  return {
    x: left,
    y: top,
    w: Math.max(1, right - left),
    h: Math.min(MOST_ROWS, Math.max(1, Math.round((y + h) / FINER) - Math.round(y / FINER))),
  };
}

/** From the grid of 12 columns. */
export function toFine({ x, y, w, h }: Position): Position {
  return { x: x * FINER, y: y * FINER, w: w * FINER, h: h * FINER };
}

/** A position on the grid of 12 columns for each tile: those without one follow below the others, two in a row. */
export function coarsePositions(given: readonly (Position | undefined)[]): Position[] {
  const placed = given.map((position) => position && toCoarse(position));
  const below = Math.max(0, ...placed.map((position) => (position ? position.y + position.h : 0)));
  let next = 0;
  return placed.map((position) => {
    if (position) return position;
    const slot = next++;
    const y = Math.min(LAST_ROW, below + Math.floor(slot / 2) * PLACED.h);
    return { ...PLACED, x: (slot % 2) * PLACED.w, y };
  });
}
