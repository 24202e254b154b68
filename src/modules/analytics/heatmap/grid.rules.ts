/** One side of a cell of the answer, and the cells of a finer or equal grid from which it is made. */
export interface Span {
  /** The middle of the side, 0 to 1. */
  readonly centre: number;
  /** Base cells, and the part of each that lies within. */
  readonly parts: readonly { readonly cell: number; readonly part: number }[];
}

/** Resolutions are sent in single precision. */
const DIGITS = 1e6;
/** Parts below this are rounding. */
const LEAST_PART = 1e-6;

/** The resolution as the caller wrote it. */
export function readResolution(sent: number, usual: number): number {
  return sent === 0 ? usual : Math.round(sent * DIGITS) / DIGITS;
}

/**
 * Divides a side of the screen into cells of this size; the last one ends with the screen. A base cell on a border belongs
 * to both sides by its area, so that no cell is favoured and the sum stays.
 */
export function spansOf(resolution: number, baseCells: number): Span[] {
  const count = Math.ceil(1 / resolution - LEAST_PART);
  return Array.from({ length: count }, (_, index) => {
    const from = index * resolution;
    const to = Math.min(1, from + resolution);
    const first = Math.max(0, Math.floor(from * baseCells + LEAST_PART));
    const parts = [];
    for (let cell = first; cell < baseCells && cell < to * baseCells - LEAST_PART; cell += 1) {
      const part = Math.min(to * baseCells, cell + 1) - Math.max(from * baseCells, cell);
      if (part > LEAST_PART) parts.push({ cell, part: part > 1 - LEAST_PART ? 1 : part });
    }
    return { centre: (from + to) / 2, parts };
  });
}

/** A cell of the answer: its centre, and the cells of a finer or equal grid in it, each with the part that lies within. */
export interface ResampledCell {
  readonly x: number;
  readonly y: number;
  readonly cells: readonly { readonly cell: number; readonly part: number }[];
}

/** The cells of an answer, row by row, made of a grid with so many cells in a row. */
export function partsOf(resolution: number, perRow: number): ResampledCell[] {
  const spans = spansOf(resolution, perRow);
  return spans.flatMap((row) =>
    spans.map((column) => ({
      ...{ x: column.centre, y: row.centre },
      cells: row.parts.flatMap(({ cell: y, part: down }) =>
        column.parts.map(({ cell: x, part: across }) => ({ cell: y * perRow + x, part: across * down })),
      ),
    })),
  );
}
