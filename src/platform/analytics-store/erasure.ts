import type { AnalyticsStore, StatementOwner } from './analytics-store.js';
import { sql, value } from './fragment.js';
import { analyticsDeletion } from './statement.js';
import { events, personAliases, profiles, projectTables } from './tables.js';

export interface ErasedPerson {
  /** Every id under which the person's events were sent. */
  readonly distinctIds: readonly string[];
  readonly profileIds: readonly string[];
}

const example: ErasedPerson = { distinctIds: ['person-1'], profileIds: ['profile-1'] };

const eventsOfPerson = analyticsDeletion<ErasedPerson>({
  name: 'erasure.events_of_person',
  table: events,
  // The number finds the rows; two ids that share it are told apart by their text.
  where: ({ distinctIds }) => {
    const ids = value(distinctIds, 'Array(String)');
    return sql`person IN (SELECT sipHash64(arrayJoin(${ids}))) AND distinct_id IN ${ids}`;
  },
  examples: [example],
});

const aliasesOfPerson = analyticsDeletion<ErasedPerson>({
  name: 'erasure.aliases_of_person',
  table: personAliases,
  where: ({ distinctIds, profileIds }) =>
    sql`distinct_id IN ${value(distinctIds, 'Array(String)')} OR profile_id IN ${value(profileIds, 'Array(String)')}`,
  examples: [example],
});

const profileOfPerson = analyticsDeletion<ErasedPerson>({
  name: 'erasure.profile_of_person',
  table: profiles,
  where: ({ profileIds }) => sql`profile_id IN ${value(profileIds, 'Array(String)')}`,
  examples: [example],
});

const eventsBefore = analyticsDeletion<{ readonly time: number }>({
  name: 'erasure.events_before',
  table: events,
  where: ({ time }) => sql`toUnixTimestamp64Milli(occur_time) < ${value(Math.ceil(time), 'Int64')}`,
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
  await store.delete(owner, eventsOfPerson, person);
  await store.delete(owner, aliasesOfPerson, person);
  await store.delete(owner, profileOfPerson, person);
}

/** Applies a new retention to the events that are there: what it no longer allows is deleted when the promise resolves. */
export async function applyRetention(
  store: AnalyticsStore,
  owner: StatementOwner,
  { days, now }: { readonly days: number | null; readonly now: number },
): Promise<void> {
  if (days !== null) await store.delete(owner, eventsBefore, { time: now - days * 86_400_000 });
  await store.setExpiry(owner, days);
}

/** Erases everything of the owner's project. */
export async function eraseProject(store: AnalyticsStore, owner: StatementOwner): Promise<void> {
  for (const deletion of wholeProject) await store.delete(owner, deletion, undefined);
}
