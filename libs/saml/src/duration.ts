const DURATION = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const DAY = 86_400;
const SECONDS = [365 * DAY, 30 * DAY, DAY, 3600, 60, 1];

/** Milliseconds of an xs:duration; months and years are approximated. Undefined for other text. */
export function durationMs(text: string): number | undefined {
  const [whole, ...parts] = DURATION.exec(text.trim()) ?? [];
  if (whole === undefined || parts.every((part) => part === undefined)) return undefined;
  const seconds = parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (SECONDS[index] ?? 0), 0);
  return seconds * 1000;
}
