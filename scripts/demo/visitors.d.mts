export declare const DAYS: number;
export declare const steps: readonly { kind: string; label: string; share: number }[];
export declare function windowBefore(instant: number): { start: number; end: number };
export declare function eventsFrom(
  start: number,
  seed?: number,
): {
  eventId: string;
  kind: string;
  occurTime: { seconds: bigint; nanos: number };
  distinctId: string;
  sessionId: string;
}[];
