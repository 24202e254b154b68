/** In SQL: what a clock that was ahead has left behind says nothing about now. */
export const notAhead = (time: string, now: string): string =>
  `${time} <= ${now}::timestamptz + interval '1 minute'`;
