import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import { database } from '../support/engine.js';
import { type Asked, CONVERSION_MS, FUNNEL, HOPS, KEPT, MOST_LINKS, SEGMENT } from './questions.js';
import { HISTORY, WEEKS } from './window.js';

/** The same memory as the product's questions get, and the same share of it before they go to the disk. */
const SPILL = 1.5 * 1024 ** 3;
/** Each copy of an event counts once; what the settings say, the partitions and the keys of the table allow. */
const SETTINGS = `SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1,
  max_bytes_before_external_group_by = ${SPILL}, max_bytes_before_external_sort = ${SPILL}, max_memory_usage = ${2 * SPILL}`;
const PERSONS = 'person != 0 AND NOT cookieless';
const views = `kind = 'page_view'`;

/** Statements that an expert writes for these questions: with the engine's own functions, for UTC. */
export function handSql(project: number, merge: boolean): Readonly<Record<Asked, string>> {
  const who = merge ? 'if(canonical = 0, person, canonical)' : 'person';
  const scope = (joined: boolean, conditions: readonly string[]): string =>
    `FROM ${database}.events AS event FINAL ${joined ? identities(project) : ''}
     WHERE project = ${project} AND NOT bot AND ${conditions.join(' AND ')}`;
  const from = (...conditions: string[]): string => scope(merge, [...conditions, within(HISTORY)]);
  const canonical = 'if(canonical = 0, person, canonical)';
  const day = 'toStartOfDay(occur_time)';
  const week = 'toStartOfWeek(occur_time)';
  const statements: Record<Asked, string> = {
    trends: `SELECT ${ms(day)} AS day, uniqExact(${who}) ${from(views, PERSONS)} GROUP BY day WITH ROLLUP`,
    'trends by country': `
      SELECT label, day, sum(n) FROM (
        SELECT if(place > ${KEPT}, '$others', country) AS label, ${ms('day')} AS day, n FROM (
          SELECT country, day, n, dense_rank() OVER (ORDER BY weight DESC, country) AS place FROM (
            SELECT country, day, n, sum(n) OVER (PARTITION BY country) AS weight FROM (
              SELECT country, ${day} AS day, count() AS n ${from(views)} GROUP BY country, day
            )
          )
        )
      ) GROUP BY GROUPING SETS ((label, day), (label))`,
    segmentation: `SELECT 'total', uniqExact(${who}) ${from(oneOf(SEGMENT), PERSONS)}`,
    sessions: `
      SELECT day, avg(seconds) FROM (
        SELECT ${ms('toStartOfDay(began)')} AS day, (ended - toUnixTimestamp64Milli(began)) / 1000 AS seconds FROM (
          SELECT min(occur_time) AS began, toUnixTimestamp64Milli(max(occur_time)) AS ended
          ${scope(true, [`session != 0`])} GROUP BY session, ${canonical} HAVING ${within(HISTORY, 'began')}
        )
      ) GROUP BY day WITH ROLLUP`,
    funnel: `
      SELECT step.1, step.2 FROM (
        SELECT arrayJoin([${FUNNEL.map((_, index) => `(${index + 1}, countIf(level > ${index}))`).join(', ')}]) AS step FROM (
          SELECT windowFunnel(${CONVERSION_MS})(toUInt64(toUnixTimestamp64Milli(occur_time)),
            ${FUNNEL.map((kind) => `kind = '${kind}'`).join(', ')}) AS level
          ${from(oneOf(FUNNEL), PERSONS)} GROUP BY ${who}
        )
      )`,
    // The persons who started are few: only their later events are looked at.
    retention: `
      WITH starters AS (
        SELECT ${who} AS starter, min(occur_time) AS first ${from(`kind = 'sign_up'`, PERSONS)} GROUP BY starter
      )
      SELECT ${ms('toStartOfWeek(first)')} AS cohort, 0 AS week, count() FROM starters GROUP BY cohort
      UNION ALL
      SELECT ${ms('toStartOfWeek(first)')} AS cohort, ${ms('week')} AS week, uniqExact(visitor) FROM (
        SELECT ${who} AS visitor, occur_time, ${week} AS week ${from(views, PERSONS)}
      ) AS visit INNER JOIN starters ON visitor = starter WHERE occur_time >= first GROUP BY cohort, week`,
    'user flow': `
      SELECT depth - 1 AS depth, source, target, count() AS n FROM (
        SELECT arraySlice(arraySort(groupArray((occur_time, event_id, kind))), 1, ${HOPS + 1}).3 AS labels
        ${scope(true, [within(HISTORY), `session != 0`, 'NOT cookieless'])} GROUP BY session, ${canonical}
      ) ARRAY JOIN arrayPopBack(labels) AS source, arrayPopFront(labels) AS target, arrayEnumerate(arrayPopFront(labels)) AS depth
      GROUP BY depth, source, target ORDER BY n DESC, depth, source, target LIMIT ${MOST_LINKS}`,
    'top K': `
      SELECT label, uniqExactMerge(persons) FROM (
        SELECT if(row_number() OVER (ORDER BY finalizeAggregation(persons) DESC, pathname) > ${KEPT}, '$others', pathname) AS label, persons
        FROM (SELECT pathname, uniqExactState(${who}) AS persons ${from(views, PERSONS)} GROUP BY pathname)
      ) GROUP BY label`,
    map: `SELECT country, uniqExact(${who}) ${from(views, PERSONS, `country != ''`)} GROUP BY country`,
    lifecycle: `
      WITH toDate(${WEEKS.from / 1_000}) AS first, toDate(${WEEKS.to / 1_000}) AS end
      SELECT ${ms('toDateTime(change.1)')} AS week, change.2 AS state, count() FROM (
        SELECT groupUniqArray(${week}) AS weeks, arrayMin(weeks) AS birth, arrayConcat(
          arrayMap(week -> (week, multiIf(week = birth, 'new', has(weeks, week - 7), 'returning', 'resurrecting')),
            arrayFilter(week -> week >= first, weeks)),
          arrayMap(week -> (week + 7, 'dormant'),
            arrayFilter(week -> week >= first - 7 AND week + 7 < end AND NOT has(weeks, week + 7), weeks))) AS changes
        ${scope(merge, [views, PERSONS, until(WEEKS)])} GROUP BY ${who}
      ) ARRAY JOIN changes AS change GROUP BY week, state`,
    stickiness: `
      SELECT days, count() FROM (
        SELECT uniqExact(toDate(occur_time)) AS days ${from(views, PERSONS)} GROUP BY ${who}
      ) GROUP BY days`,
  };
  return mapped(statements, (text) => `${text} ${SETTINGS}`);
}

function identities(project: number): string {
  return `ANY LEFT JOIN (
    SELECT person AS alias, canonical FROM ${database}.person_aliases FINAL WHERE project = ${project}
  ) AS identity ON person = alias`;
}

/** Milliseconds of the epoch; of the row of a rollup, where the date is the first that there is, 0. */
function ms(date: string): string {
  return `toUnixTimestamp(toDateTime(${date}, 'UTC')) * 1000`;
}

function oneOf(kinds: readonly string[]): string {
  return `kind IN (${kinds.map((kind) => `'${kind}'`).join(', ')})`;
}

function within(window: Window, column = 'occur_time'): string {
  return `${column} >= ${time(window.from)} AND ${until(window, column)}`;
}

function until({ to }: Window, column = 'occur_time'): string {
  return `${column} < ${time(to)}`;
}

function time(instant: number): string {
  return `fromUnixTimestamp64Milli(${instant}, 'UTC')`;
}

function mapped<Key extends string>(
  record: Readonly<Record<Key, string>>,
  change: (text: string) => string,
): Record<Key, string> {
  // The keys are those of the record.
  return Object.fromEntries(
    Object.entries<string>(record).map(([key, text]) => [key, change(text)]),
  ) as Record<Key, string>;
}
