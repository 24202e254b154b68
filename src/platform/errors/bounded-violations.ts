import type { FieldViolation } from './app-error.js';

const MOST = 100;
/**
 * Errors travel in gRPC trailers, of which common clients take 8 KiB in all: there the message counts twice and
 * details are a third longer, in base64.
 */
const MOST_BYTES = 3_072;
/** Bytes of framing around each violation. */
const FRAME = 6;
const LONGEST_FIELD = 200;
const LONGEST_DESCRIPTION = 500;
const LONGEST_MESSAGE = 500;

/** As many of the violations, from the first, as an answer can carry; a path may hold what the client sent. */
export function boundedViolations(violations: readonly FieldViolation[]): FieldViolation[] {
  const bounded: FieldViolation[] = [];
  let bytes = 0;
  for (const { field, description } of violations.slice(0, MOST)) {
    const violation = {
      field: clipped(field, LONGEST_FIELD),
      description: clipped(description, LONGEST_DESCRIPTION),
    };
    bytes += Buffer.byteLength(violation.field) + Buffer.byteLength(violation.description) + FRAME;
    if (bytes > MOST_BYTES && bounded.length > 0) break;
    bounded.push(violation);
  }
  return bounded;
}

/** The violations in one line: whole ones, then how many more there are. */
export function summaryOf(violations: readonly FieldViolation[]): string {
  const lines = violations.map(({ field, description }) =>
    field ? `${field}: ${description}` : description,
  );
  let summary = clipped(lines[0] ?? '', LONGEST_MESSAGE);
  for (const [index, line] of lines.slice(1).entries()) {
    const longer = `${summary}; ${line}`;
    if (longer.length > LONGEST_MESSAGE) return `${summary}; and ${lines.length - index - 1} more`;
    summary = longer;
  }
  return summary;
}

function clipped(text: string, length: number): string {
  // toWellFormed: a cut may go through the middle of a character.
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
