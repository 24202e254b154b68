/** An id whose events are refused. */
export interface ErasedId {
  /** Null: for good. Otherwise events are accepted again that occurred and arrived after it. */
  readonly returnsAfter: Date | null;
}

/** Kind, time and distinct id begin a queued line of every layout. */
const beginning = /^\["(?:[^"\\]|\\.)*","([^"]*)",("(?:[^"\\]|\\.)*")/;

/** The person of a queued line, and when the event occurred. Undefined for a line that the analytics store will refuse. */
export function personOfLine(line: string): { readonly id: string; readonly occurredAt: number } | undefined {
  const [, time, id] = beginning.exec(line) ?? [];
  if (time === undefined || id === undefined) return undefined;
  return { id: JSON.parse(id) as string, occurredAt: Date.parse(`${time.replace(' ', 'T')}Z`) };
}

/** Whether an event of an erased id is refused. */
export function isRefused(
  { returnsAfter }: ErasedId,
  { occurredAt, receivedAt }: { readonly occurredAt: number; readonly receivedAt: number },
): boolean {
  if (returnsAfter === null) return true;
  const from = returnsAfter.getTime();
  // What an SDK kept back while the person was erased arrives late. An unreadable time is refused.
  return receivedAt <= from || !(occurredAt > from);
}
