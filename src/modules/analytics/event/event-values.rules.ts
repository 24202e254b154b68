/** Bounds of a Timestamp: from year 1 to the end of 9999. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const MOST_NANOS = 999_999_999;

const MOST_CHARACTERS_OF_VALUE = 1_024;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Begins the ids that the server makes: no caller may send one. */
export const cookielessPrefix = 'cookieless-';

/** The person of an event that names none: its session stands for one. */
export function sessionPerson(sessionId: string): string {
  return `session:${sessionId}`;
}

export function isUuid(text: string): boolean {
  return text.length === 36 && uuid.test(text);
}

/** Whether the text has more Unicode characters than that. */
export function isLongerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  if (text.length > 2 * characters) return true;
  let counted = 0;
  for (const _ of text) if (++counted > characters) return true;
  return false;
}

export function refuseValueText(text: string): string | undefined {
  return isLongerThan(text, MOST_CHARACTERS_OF_VALUE)
    ? `must be at most ${MOST_CHARACTERS_OF_VALUE} characters`
    : undefined;
}

/** Longest id: it becomes part of keys in databases. */
export function refuseIdText(text: string, most: number): string | undefined {
  if (isLongerThan(text, most)) return `must be at most ${most} characters`;
  return text.includes('\0') ? 'must not contain NUL characters' : undefined;
}

interface WireTime {
  readonly seconds: bigint;
  readonly nanos: number;
}

export function refuseTime({ seconds, nanos }: WireTime): string | undefined {
  const exists = seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos <= MOST_NANOS;
  return exists ? undefined : 'must be a time that exists, from year 1 to 9999';
}

/** Milliseconds of the epoch, rounded down. */
export function millisecondsOf({ seconds, nanos }: WireTime): number {
  return Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000);
}
