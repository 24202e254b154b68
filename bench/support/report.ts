/** What a question of the benchmark answers. */
export interface Report {
  readonly title: string;
  /** What is asked and how it is measured, in a paragraph. */
  readonly method: string;
  readonly tables: readonly Table[];
  /** What to know when reading the figures. */
  readonly notes: readonly string[];
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Markdown that is readable on a terminal as it is. */
export function render(report: Report, conditions: readonly string[]): string {
  const tables = report.tables.map((table) => `## ${table.title}\n\n${renderTable(table)}`);
  const notes = report.notes.map((note) => `- ${note}`).join('\n');
  const parts = [`# ${report.title}`, report.method, conditions.join('\n'), ...tables, notes];
  return parts.filter((part) => part !== '').join('\n\n') + '\n';
}

function renderTable({ head, rows }: Table): string {
  const widths = head.map((name, column) =>
    Math.max(3, name.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  // Names to the left, figures to the right.
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (column === 0 ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => '-'.repeat(column === 0 ? width : width - 1) + (column === 0 ? '' : ':')).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** A figure, or a dash where it could not be measured. */
export function figure(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function ratio(value: number, base: number): string {
  const quotient = value / base;
  return Number.isFinite(quotient) ? `${quotient.toFixed(2)} ×` : '–';
}
