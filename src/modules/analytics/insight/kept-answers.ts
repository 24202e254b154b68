const KEPT_MS = 60_000;
/** Bound of all answers together; a value is about as much as a point with its time, or 32 characters. Some 50 megabytes. */
const MOST_VALUES = 500_000;
/** Longer answers are asked again. */
const MOST_VALUES_OF_ONE = 20_000;
const CHARACTERS_OF_A_VALUE = 32;

interface Kept {
  readonly version: number;
  readonly answer: unknown;
  readonly values: number;
  readonly until: number;
}

/** Answers that were given lately, and at which version of their project. Without space the oldest are forgotten. */
export class KeptAnswers {
  private readonly kept = new Map<string, Kept>();
  private values = 0;

  /** Undefined: it was not given at this version, or too long ago. `now`: milliseconds. */
  find(key: string, version: number, now: number): unknown {
    const found = this.kept.get(key);
    if (found?.version === version && now < found.until) return found.answer;
    this.forget(key);
    return undefined;
  }

  /** `answer`: of one type for one key. One of an older version, which took longer, replaces none. */
  keep(
    key: string,
    version: number,
    { answer, now }: { readonly answer: unknown; readonly now: number },
  ): void {
    const values = valuesIn(key) + valuesIn(answer);
    if (values > MOST_VALUES_OF_ONE || (this.kept.get(key)?.version ?? 0) > version) return;
    this.forget(key);
    this.kept.set(key, { version, answer, values, until: now + KEPT_MS });
    this.values += values;
    for (const oldest of this.kept.keys()) {
      if (this.values <= MOST_VALUES) break;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    this.values -= this.kept.get(key)?.values ?? 0;
    this.kept.delete(key);
  }
}

/** How many values an answer holds, and no further than what is too many. */
function valuesIn(answer: unknown, most = MOST_VALUES_OF_ONE): number {
  if (typeof answer === 'string') return 1 + Math.floor(answer.length / CHARACTERS_OF_A_VALUE);
  if (typeof answer !== 'object' || answer === null) return 1;
  let values = 1;
  for (const member of Object.values(answer)) {
    values += valuesIn(member, most - values);
    if (values > most) break;
  }
  return values;
}
