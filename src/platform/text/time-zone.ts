/**
 * The name of the zone that the runtime knows under this one, whatever its case; undefined when it knows none. It may be
 * another name of the same zone: `Asia/Calcutta` for `Asia/Kolkata`.
 */
export function resolvedZone(zone: string): string | undefined {
  // Offsets such as +01:00 are no zones: they know no summer time.
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
