import { TableSource } from './fragment.js';

/**
 * The tables of the analytics store that belong to projects: `migrations/analytics` describes their columns. As pieces
 * of a statement they read the rows of its project, and of equal copies one.
 */
export const events = new TableSource('events');
export const personAliases = new TableSource('person_aliases');
export const profiles = new TableSource('profiles');
/** Distinct ids with events, and when they were seen; without visitors of a day. */
export const persons = new TableSource('persons');
/** Touches of an organization's members, under the number of its heat maps. */
export const touches = new TableSource('touches');

/**
 * Events with their retried copies: cheaper, for what copies do not change, such as a number of persons or a latest time.
 * Never for counts of events and sums.
 */
export const eventsWithCopies = new TableSource('events', true);

/** The ids that lead to profiles, with their earlier versions: cheaper, for which ids there are, never for where they lead. */
export const personAliasesWithCopies = new TableSource('person_aliases', true);

/** Every statement filters each of them by its project. */
export const projectTables: readonly TableSource[] = [events, personAliases, profiles, persons, touches];

/** Mirrors of PostgreSQL, which sends them again to a store that is new. */
const mirrors: readonly TableSource[] = [personAliases, profiles];

/** Those that have no other source. */
export const tablesOfRecord: readonly TableSource[] = projectTables.filter(
  (table) => !mirrors.includes(table),
);
