import type { AnalyticsStore, StatementOwner } from './analytics-store.js';
import { type Fragment, instant, type Parameter, sql, value } from './fragment.js';
import { type PersonActivityRow, personActivityTarget } from './insert-target.js';
import { type AnalyticsDeletion, analyticsDeletion, analyticsQuery } from './statement.js';
import { events, eventsWithCopies, personAliases, persons, profiles, projectTables } from './tables.js';

export interface ErasedPerson {
  /** Ids under which the person's events were sent: all of them are erased. */
  readonly distinctIds: readonly string[];
  /** Ids under which the person may come back: what occurred or arrived later than `until` stays. */
  readonly returningIds?: readonly string[];
  /** Milliseconds of the epoch. */
  readonly until?: number;
  readonly profileIds: readonly string[];
}

/** Some of a person's ids. */
interface ErasedIds {
  readonly ids: readonly string[];
  readonly until?: number;
}

/** Ids go into the URL of the statement, of which a server takes 1 MiB. */
const MOST_BYTES_OF_IDS = 256 * 1024;

const example: ErasedIds = { ids: ['person-1'] };

/** The number finds the rows; two ids that share it are told apart by their text. */
function ofIds(ids: Parameter): Fragment {
  return sql`person IN (SELECT sipHash64(arrayJoin(${ids}))) AND distinct_id IN ${ids}`;
}

const eventsOfPerson = analyticsDeletion<ErasedIds>({
  name: 'erasure.events_of_person',
  table: events,
  where: ({ ids, until }) => {
    const condition = ofIds(value(ids, 'Array(String)'));
    if (until === undefined) return condition;
    const bound = instant(until);
    return sql`${condition} AND (occur_time <= ${bound} OR received_at <= ${bound})`;
  },
  examples: [example, { ...example, until: Date.UTC(2100, 0) }],
});

const activityOfPerson = analyticsDeletion<ErasedIds>({
  name: 'erasure.activity_of_person',
  table: persons,
  where: ({ ids }) => ofIds(value(ids, 'Array(String)')),
  examples: [example],
});

/** Members of `latest`, in the order in which they are read. */
const latestNames = [
  'occur_time',
  'browser',
  'browser_version',
  'os',
  'os_version',
  'device',
  'country',
  'region',
  'city',
] as const;

interface SeenId extends Omit<PersonActivityRow, 'project' | 'person' | 'latest' | 'expires_on'> {
  readonly person_number: string;
  readonly latest_values: readonly string[];
  readonly last_day: string;
}

/** What `persons` says of ids of which events stay: as its view makes it of each insert of events. */
const activityThatStays = analyticsQuery<ErasedIds, SeenId>({
  name: 'erasure.activity_that_stays',
  build: ({ ids }) => sql`SELECT toString(person) AS person_number, distinct_id,
      toString(min(occur_time)) AS first_seen, toString(max(occur_time)) AS last_seen,
      max((occur_time, toString(browser), toString(browser_version), toString(os), toString(os_version),
        toString(device), toString(country), toString(region), toString(city))) AS latest_values,
      toString(max(expires_on)) AS last_day
    FROM ${eventsWithCopies} WHERE ${ofIds(value(ids, 'Array(String)'))} AND NOT cookieless
    GROUP BY person, distinct_id`,
  examples: [example],
});

const aliasesOfPerson = analyticsDeletion<ErasedIds>({
  name: 'erasure.aliases_of_person',
  table: personAliases,
  where: ({ ids }) => ofIds(value(ids, 'Array(String)')),
  examples: [example],
});

const aliasesOfProfile = analyticsDeletion<ErasedIds>({
  name: 'erasure.aliases_of_profile',
  table: personAliases,
  where: ({ ids }) => sql`profile_id IN ${value(ids, 'Array(String)')}`,
  examples: [{ ids: ['profile-1'] }],
});

const profileOfPerson = analyticsDeletion<ErasedIds>({
  name: 'erasure.profile_of_person',
  table: profiles,
  where: ({ ids }) => sql`profile_id IN ${value(ids, 'Array(String)')}`,
  examples: [{ ids: ['profile-1'] }],
});

const eventsBefore = analyticsDeletion<{ readonly time: number }>({
  name: 'erasure.events_before',
  table: events,
  where: ({ time }) => sql`toUnixTimestamp64Milli(occur_time) < ${value(Math.ceil(time), 'Int64')}`,
  examples: [{ time: 1 }],
});

const activityBefore = analyticsDeletion<{ readonly time: number }>({
  name: 'erasure.activity_before',
  table: persons,
  where: ({ time }) => sql`toUnixTimestamp64Milli(last_seen) < ${value(Math.ceil(time), 'Int64')}`,
  examples: [{ time: 1 }],
});

const wholeProject = projectTables.map((table) =>
  analyticsDeletion<void>({
    name: `erasure.all_${table.table}`,
    table,
    where: () => sql`1`,
    examples: [undefined],
  }),
);

/**
 * Erases what the owner's project keeps of a person. What arrives later, or waits in the queue, must be refused by the
 * caller: the store remembers no erased ids.
 */
export async function erasePerson(
  store: AnalyticsStore,
  owner: StatementOwner,
  person: ErasedPerson,
): Promise<void> {
  const { distinctIds, returningIds = [], until, profileIds } = person;
  const steps: readonly [AnalyticsDeletion<ErasedIds>, readonly string[], number?][] = [
    [eventsOfPerson, distinctIds],
    [eventsOfPerson, returningIds, until],
    [activityOfPerson, [...distinctIds, ...returningIds]],
    [aliasesOfPerson, [...distinctIds, ...returningIds]],
    [aliasesOfProfile, profileIds],
    [profileOfPerson, profileIds],
  ];
  for (const [deletion, all, bound] of steps)
    for (const ids of pieces(all)) await store.delete(owner, deletion, { ids, until: bound });
  for (const ids of pieces(returningIds)) await restoreActivity(store, owner, ids);
}

/** Persons with events since then are seen from the first of them: their rows, which covered both times, were deleted. */
async function restoreActivity(
  store: AnalyticsStore,
  owner: StatementOwner,
  ids: readonly string[],
): Promise<void> {
  const rows = await store.query(owner, activityThatStays, { ids });
  await store.insert(
    personActivityTarget,
    rows.map(({ person_number: person, latest_values: latest, last_day, ...row }) => {
      const named = Object.fromEntries(latestNames.map((name, index) => [name, latest[index] ?? '']));
      return { ...row, project: owner.project.number, person, latest: named, expires_on: last_day };
    }),
  );
}

function pieces(ids: readonly string[]): string[][] {
  const made: string[][] = [];
  let left = 0;
  for (const id of ids) {
    const bytes = encodeURIComponent(id.toWellFormed()).length + 10;
    if (bytes > left) {
      made.push([]);
      left = MOST_BYTES_OF_IDS;
    }
    made.at(-1)?.push(id);
    left -= bytes;
  }
  return made;
}

/** Applies a new retention to the events that are there: what it no longer allows is deleted when the promise resolves. */
export async function applyRetention(
  store: AnalyticsStore,
  owner: StatementOwner,
  { days, now }: { readonly days: number | null; readonly now: number },
): Promise<void> {
  if (days !== null) {
    const time = now - days * 86_400_000;
    await store.delete(owner, eventsBefore, { time });
    await store.delete(owner, activityBefore, { time });
  }
  await store.setExpiry(owner, days);
}

/** Erases everything of the owner's project. */
export async function eraseProject(store: AnalyticsStore, owner: StatementOwner): Promise<void> {
  for (const deletion of wholeProject) await store.delete(owner, deletion, undefined);
}
