/** A spreadsheet runs cells that begin so; and what begins with the guard gets one as well, so that it can be undone. */
const needsGuard = /^[=+\-@\t\r']/;

/**
 * A record by RFC 4180. Every text is in quotes: then nothing in it ends it. What a spreadsheet would run begins with an
 * apostrophe. Numbers stand as they are.
 */
export function csvRecord(cells: readonly (string | number)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const guarded = needsGuard.test(cell) ? `'${cell}` : cell;
  return `"${guarded.replaceAll('"', '""')}"`;
}
