import type { FieldViolation } from './app-error.js';

/** How much of what is wrong an answer can carry. */
export interface ViolationBounds {
  readonly most: number;
  /** Size of fields and descriptions, with the framing of each. */
  readonly bytes: number;
  /** Bytes of framing around each violation. */
  readonly frame: number;
}

/**
 * Errors travel in gRPC trailers, of which common clients take 8 KiB in all: there the message counts twice and
 * details are a third longer, in base64.
 */
const TRAILER_BYTES = 3_072;

/** All violations in one detail. */
export const inOneDetail: ViolationBounds = { most: 100, bytes: TRAILER_BYTES, frame: 6 };
/** Each in a separate detail, with the name of its type. */
export const inOwnDetails: ViolationBounds = { most: 100, bytes: TRAILER_BYTES, frame: 64 };
/** What a body can carry, and what is kept of an error at all. */
export const inBody: ViolationBounds = { most: 1_000, bytes: 256 * 1024, frame: 6 };

const LONGEST_FIELD = 200;
const LONGEST_DESCRIPTION = 500;
const LONGEST_MESSAGE = 500;

/** As many of the violations, from the first, as an answer can carry; a path may hold what the client sent. */
export function boundedViolations(
  violations: readonly FieldViolation[],
  { most, bytes: mostBytes, frame }: ViolationBounds,
): FieldViolation[] {
  const bounded: FieldViolation[] = [];
  let bytes = 0;
  for (const { field, description } of violations.slice(0, most)) {
    const violation = {
      field: clipped(field, LONGEST_FIELD),
      description: clipped(description, LONGEST_DESCRIPTION),
    };
    bytes += Buffer.byteLength(violation.field) + Buffer.byteLength(violation.description) + frame;
    if (bytes > mostBytes && bounded.length > 0) break;
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
