import { type Fragment, sql, value } from '../../../platform/analytics-store/index.js';

/**
 * A person's events of a funnel as sorted numbers ("marks"): the milliseconds since the window's start, and in the lowest
 * bits which steps the event matches. Functions over whole arrays walk along them. The engine's own `windowFunnel` is
 * not used: it lets one event be two equal steps, and does not order the events of one millisecond.
 */
export const STEP_BITS = 20;

/** UInt64: the mark of an event, from its matches with each of the steps. */
export function markOf(windowStart: number, matches: readonly Fragment[]): Fragment {
  return sql`bitShiftLeft(${millisecondsSince(windowStart)}, ${sql.integer(STEP_BITS)}) + ${stepsOf(matches)}`;
}

export function millisecondsSince(start: number): Fragment {
  return sql`toUInt64(toUnixTimestamp64Milli(occur_time) - ${value(start, 'Int64')})`;
}

/** UInt64: a bit for each step that an event matches. */
export function stepsOf(matches: readonly Fragment[]): Fragment {
  return sql.join(
    matches.map((match, step) => sql`bitShiftLeft(toUInt64(${match}), ${sql.integer(step)})`),
    sql` + `,
  );
}

/**
 * Whether events of one millisecond match different steps, so that their order matters and the marks do not tell it.
 * `first`: also whether the first two events share theirs, where it matters which of them is the first.
 */
export function hasTies({ first }: { readonly first: boolean }): Fragment {
  const ties = sql`arrayExists(
    (mark, next) -> ${time(sql`mark`)} = ${time(sql`next`)} AND mark != next,
    arrayPopBack(marks), arrayPopFront(marks))`;
  const mark = (position: number) => time(sql`arrayElement(marks, ${sql.integer(position)})`);
  return first ? sql`(${ties} OR (length(marks) > 1 AND ${mark(1)} = ${mark(2)}))` : ties;
}

/**
 * The visitors with `level`, how many steps each did in the best attempt, and the columns of the timing walk if asked for.
 * A query for each step: in one query, each step would repeat the expressions of all steps before it.
 */
export function walkedSql(
  visitors: Fragment,
  { steps, conversionMs, timing }: { steps: number; conversionMs: number; timing: boolean },
): Fragment {
  const walked = range(steps).reduce(
    (from, step) =>
      sql`SELECT ${sql.join([
        sql`*`,
        sql`${attempts(step, conversionMs)} AS ${sql.numbered('start', step)}`,
        ...(timing ? [sql`${positionOf(step, conversionMs)} AS ${sql.numbered('at', step)}`] : []),
      ])} FROM (${from})`,
    visitors,
  );
  const reached = range(steps).map((step) => sql`(arrayElement(${sql.numbered('start', step)}, -1) > 0)`);
  return sql`SELECT ${sql.join([
    sql`*`,
    sql`${sql.join(reached, sql` + `)} AS level`,
    ...(timing ? gaps(steps) : []),
  ])} FROM (${walked})`;
}

/**
 * For each event, when the latest attempt began that has done this step by then; 0: no attempt has. (Times are counted
 * from 1 here.) A later attempt replaces an earlier one, as it has more time left. An event continues attempts that
 * did the step before at an earlier event: it is never two steps of one attempt.
 */
function attempts(step: number, conversionMs: number): Fragment {
  const matches = sql`bitTest(mark, ${sql.integer(step)})`;
  const began = sql`${time(sql`mark`)} + 1`;
  if (step === 0) return lastKnown(sql`arrayMap(mark -> if(${matches}, ${began}, 0), marks)`);
  return lastKnown(sql`arrayMap(
    (mark, before) -> if(${matches} AND before > 0 AND ${began} - before <= ${value(conversionMs, 'UInt64')}, before, 0),
    marks, arrayPushFront(arrayPopBack(${sql.numbered('start', step - 1)}), 0))`);
}

function lastKnown(array: Fragment): Fragment {
  return sql`arrayFill(start -> start > 0, ${array})`;
}

/**
 * Where the timing walk takes a step. Every event counts as the first step that it matches, and one walk, which never
 * restarts, takes the first event of each step after the one before.
 */
function positionOf(step: number, conversionMs: number): Fragment {
  if (step === 0) return position(sql`arrayFirstIndex(mark -> ${isFirstMatch(0)}, marks)`);
  return position(sql`arrayFirstIndex(
    (mark, number) -> number > ${sql.numbered('at', step - 1)} + 1 AND ${isFirstMatch(step)}
      AND ${time(sql`mark`)} - ${timeAt(sql.numbered('at', 0))} <= ${value(conversionMs, 'UInt64')},
    marks, arrayEnumerate(marks))`);
}

/** `gap_n`: milliseconds that step n took; -1: the walk ended before. */
function gaps(steps: number): readonly Fragment[] {
  return range(steps)
    .slice(1)
    .map((step) => {
      const at = sql.numbered('at', step);
      const taken = sql`toInt64(${timeAt(at)} - ${timeAt(sql.numbered('at', step - 1))})`;
      return sql`if(${at} = ${NOWHERE}, -1, ${taken}) AS ${sql.numbered('gap', step)}`;
    });
}

const NOWHERE = sql`4294967295`;

/** From the index of a search, where 0 is nothing found, to a position that starts with 0; nothing found is after all. */
function position(index: Fragment): Fragment {
  return sql`bitAnd(toInt64(${index}) - 1, ${NOWHERE})`;
}

function isFirstMatch(step: number): Fragment {
  return sql`bitAnd(mark, ${sql.integer(2 ** (step + 1) - 1)}) = ${sql.integer(2 ** step)}`;
}

function timeAt(at: Fragment): Fragment {
  return time(sql`arrayElement(marks, ${at} + 1)`);
}

function time(mark: Fragment): Fragment {
  return sql`bitShiftRight(${mark}, ${sql.integer(STEP_BITS)})`;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
