export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly subject: string;
  readonly text: string;
  /** What the operator does about it. */
  readonly advice?: string;
}

export function ok(subject: string, text: string): Finding {
  return { level: 'ok', subject, text };
}

export function warn(subject: string, text: string, advice: string): Finding {
  return { level: 'warn', subject, text, advice };
}

export function fail(subject: string, text: string, advice: string): Finding {
  return { level: 'fail', subject, text, advice };
}

/** Runs a check whose failure has one explanation. */
export async function examine(
  subject: string,
  advice: string,
  check: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return [await check()].flat();
  } catch (error) {
    return [fail(subject, reasonOf(error), advice)];
  }
}

/** When all addresses of a host fail, the AggregateError has no message. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

export function format({ level, subject, text, advice }: Finding): string {
  const line = `${level.padEnd(5)} ${subject.padEnd(14)} ${text}`;
  return advice === undefined ? line : `${line}\n${' '.repeat(21)}→ ${advice}`;
}
