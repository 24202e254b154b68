const DAY_MS = 86_400_000;

/** From when on a history is shown: not beyond the retention of its project, which deletes the rest once a day. Null: all of it. */
export function historyBegin(retentionDays: number | null, now: Date, from: Date | null): Date | null {
  if (retentionDays === null) return from;
  const kept = new Date(now.getTime() - retentionDays * DAY_MS);
  return from && from > kept ? from : kept;
}
