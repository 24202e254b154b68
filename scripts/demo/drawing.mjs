// What the demo draws in the terminal: lines of text from numbers.

const levels = '▁▂▃▄▅▆▇█';

/** One character for each value, from 0 to the largest. */
export function sparkline(values) {
  const most = Math.max(...values, 0);
  return values
    .map((value) => levels[most === 0 ? 0 : Math.round((Math.max(value, 0) / most) * (levels.length - 1))])
    .join('');
}

/** One line for each row, its bar in proportion to the largest value; `suffix` follows the number. */
export function bars(rows, width = 30) {
  const most = Math.max(...rows.map(({ value }) => value), 0);
  const labelWidth = Math.max(...rows.map(({ label }) => label.length), 0);
  const valueWidth = Math.max(...rows.map(({ value }) => String(value).length), 0);
  return rows.map(({ label, value, suffix = '' }) => {
    const length = most === 0 ? 0 : Math.round((value / most) * width);
    // What is there is seen, however little it is.
    const bar = '█'.repeat(value > 0 ? Math.max(length, 1) : 0).padEnd(width);
    return `${label.padEnd(labelWidth)}  ${bar}  ${String(value).padStart(valueWidth)}${suffix}`.trimEnd();
  });
}

/** The steps of a funnel with their share of the first step, 0 to 1. */
export function funnel(steps, width = 30) {
  return bars(
    steps.map(({ label, count, rate }) => ({
      label,
      value: count,
      suffix: `  ${`${Math.round(rate * 100)} %`.padStart(5)}`,
    })),
    width,
  );
}
