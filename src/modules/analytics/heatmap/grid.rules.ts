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
