/** The clock of the machine, as Node reads it, by so much away from that of the database. */
export function wrongClock(milliseconds: number): Record<string, string> {
  const script = `const { now } = Date, { timeOrigin } = performance, RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...given) { given.length ? super(...given) : super(now() + ${milliseconds}); }
      static now() { return now() + ${milliseconds}; }
    };
    Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin + ${milliseconds} });`;
  return {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
    LOG_LEVEL: 'debug',
  };
}
