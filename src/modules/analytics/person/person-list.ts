import {
  analyticsQuery,
  type Fragment,
  personAliases,
  personAliasesWithCopies,
  persons,
  profiles,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import { combined, conditionSql, profileProperty, type PropertySql } from '../insight/index.js';
import {
  latestProperties,
  type LatestProperty,
  type PersonFilter,
  type PersonFilters,
  type PersonSearch,
} from './person.js';

/** The last person of a page; the next page starts behind it. */
export interface ListPosition {
  /** Milliseconds of the epoch. */
  readonly at: number;
  readonly id: string;
}

export interface ListedPerson {
  readonly id: string;
  readonly at: number;
  readonly has_profile: boolean;
}

interface CreatedList {
  readonly filters: PersonFilters;
  readonly after?: ListPosition;
  readonly limit: number;
}

interface SeenList {
  readonly search?: PersonSearch;
  readonly offset: number;
  readonly limit: number;
}

/** Distinct ids that lead to no profile, not even to a deleted one. */
const unclaimed = sql`person NOT IN (SELECT person FROM ${personAliasesWithCopies})`;

/** What is seen of profiles under all their ids. `which`: a condition on the aliases that are looked at. */
function activityJoin(columns: readonly Fragment[], which: Fragment): Fragment {
  return sql`ANY LEFT JOIN (
      SELECT alias.canonical AS seen_canonical, ${sql.join(columns)} FROM ${persons} AS seen
        ANY INNER JOIN (SELECT person, canonical FROM ${personAliases} WHERE ${which}) AS alias ON seen.person = alias.person
       GROUP BY alias.canonical
    ) AS activity ON profile.canonical = activity.seen_canonical`;
}

const latestColumns: Readonly<Record<LatestProperty, Fragment>> = {
  browser: sql`latest.browser`,
  browser_version: sql`latest.browser_version`,
  os: sql`latest.os`,
  os_version: sql`latest.os_version`,
  device: sql`latest.device`,
  country: sql`latest.country`,
  region: sql`latest.region`,
  city: sql`latest.city`,
};

/** Orders the ids of a profile by when they were seen, as one number: to compare tuples takes the engine three times as long. */
const latestId = sql`bitShiftLeft(toInt128(toUnixTimestamp64Milli(seen.last_seen)), 64) + toInt128(seen.person)`;

/** The column of a profile's latest event: only the properties that are filtered have one. */
function latestOfProfile(property: LatestProperty): Fragment {
  return sql.numbered('latest', latestProperties.indexOf(property));
}

/** A property that is text alone. */
function textOf(text: Fragment): PropertySql {
  return { text, number: sql`0.0`, isNumber: sql`false`, isStoredNumber: sql`false`, hasFewValues: false };
}

const noTrait = textOf(sql`''`);

/** Where the columns of a person are. */
interface PersonColumns {
  readonly trait: (path: string) => PropertySql;
  readonly latest: (property: LatestProperty) => Fragment;
}

const ofProfile: PersonColumns = { trait: profileProperty, latest: latestOfProfile };
const ofOther: PersonColumns = { trait: () => noTrait, latest: (property) => latestColumns[property] };

function condition(filter: PersonFilter, { trait, latest }: PersonColumns): Fragment {
  return filter.on === 'trait'
    ? conditionSql(trait(filter.property), filter)
    : conditionSql(textOf(latest(filter.property)), filter);
}

function whereOf({ operator, groups }: PersonFilters, columns: PersonColumns): Fragment {
  if (groups.length === 0) return sql`true`;
  const conditions = groups.map((group) =>
    combined(
      group.filters.map((filter) => condition(filter, columns)),
      group.operator,
    ),
  );
  return combined(conditions, operator);
}

/** What the filters ask of the latest event. */
function latestJoin({ groups }: PersonFilters): Fragment {
  const asked = groups.flatMap(({ filters }) =>
    filters.flatMap((one) => (one.on === 'latest' ? [one.property] : [])),
  );
  if (asked.length === 0) return sql.empty;
  const columns = [...new Set(asked)].map(
    (property) => sql`argMax(seen.${latestColumns[property]}, ${latestId}) AS ${latestOfProfile(property)}`,
  );
  return activityJoin(columns, sql`true`);
}

function behind(after: ListPosition | undefined, at: Fragment, id: Fragment): Fragment {
  return after
    ? sql`(${at}, ${id}) < (${value(after.at, 'Int64')}, ${value(after.id, 'String')})`
    : sql`true`;
}

const firstSeen = sql`toUnixTimestamp64Milli(first_seen)`;
const newestFirst = (limit: number): Fragment =>
  sql`ORDER BY at DESC, id DESC LIMIT ${value(limit, 'UInt32')}`;

const examplesOfList: readonly [CreatedList, ...CreatedList[]] = [
  { filters: { operator: 'and', groups: [] }, limit: 100 },
  {
    filters: {
      operator: 'or',
      groups: [
        {
          operator: 'and',
          filters: [
            { on: 'trait', property: 'plan', operator: 'is_set' },
            { on: 'trait', property: 'age', operator: 'gt', value: 1 },
          ],
        },
        { operator: 'or', filters: [{ on: 'latest', property: 'browser', operator: 'is_set' }] },
      ],
    },
    after: { at: Date.UTC(2100, 0), id: 'x' },
    limit: 100,
  },
];

/** Profiles by creation, the newest first. */
export const createdProfiles = analyticsQuery<CreatedList, ListedPerson>({
  name: 'person.created_profiles',
  build: ({ filters, after, limit }) => {
    const created = sql`toUnixTimestamp64Milli(created_at)`;
    return sql`SELECT profile_id AS id, ${created} AS at, true AS has_profile FROM ${profiles} AS profile ${latestJoin(filters)}
       WHERE NOT deleted AND ${behind(after, created, sql`profile_id`)} AND ${whereOf(filters, ofProfile)} ${newestFirst(limit)}`;
  },
  examples: examplesOfList,
});

/**
 * Distinct ids that lead to no profile, by when they were first seen, the newest first. `since`: only those who were seen
 * first at this time or later, of whom there are few to be looked up among all ids that lead to profiles.
 */
export const createdOthers = analyticsQuery<CreatedList & { readonly since?: number }, ListedPerson>({
  name: 'person.created_others',
  build: ({ filters, after, limit, since }) => {
    const recent = since === undefined ? undefined : sql`${firstSeen} >= ${value(since, 'Int64')}`;
    const claimed = recent
      ? sql`SELECT person FROM ${personAliasesWithCopies} WHERE person IN (SELECT person FROM ${persons} WHERE ${recent})`
      : sql`SELECT person FROM ${personAliasesWithCopies}`;
    return sql`SELECT distinct_id AS id, ${firstSeen} AS at, false AS has_profile FROM ${persons}
       WHERE ${recent ?? sql`true`} AND person NOT IN (${claimed}) AND ${behind(after, firstSeen, sql`distinct_id`)}
         AND ${whereOf(filters, ofOther)} ${newestFirst(limit)}`;
  },
  examples: [...examplesOfList, { ...examplesOfList[0], since: 0 }],
});

function searched(search: PersonSearch | undefined): Fragment {
  if (!search) return sql`true`;
  const text = value(search.text, 'String');
  const { trait } = search;
  const conditions = [
    sql`external_id = ${text}`,
    sql`lowerUTF8(properties['email']) = lowerUTF8(${text})`,
    ...(trait ? [sql`properties[${value(trait.path, 'String')}] = ${value(trait.value, 'String')}`] : []),
  ];
  return combined(conditions, 'or');
}

/** Profiles that a search finds, as many as `limit`, in no order. */
export const foundProfiles = analyticsQuery<
  { readonly search: PersonSearch; readonly limit: number },
  Pick<ListedPerson, 'id' | 'has_profile'>
>({
  name: 'person.found_profiles',
  build: ({ search, limit }) =>
    sql`SELECT profile_id AS id, true AS has_profile FROM ${profiles} WHERE NOT deleted AND ${searched(search)}
         LIMIT ${value(limit, 'UInt32')}`,
  examples: [{ search: { text: 'person-19' }, limit: 101 }],
});

/** By when they were last seen, the latest first; a profile without events at 0. A search finds profiles only. */
export const seenList = analyticsQuery<SeenList, ListedPerson>({
  name: 'person.seen_list',
  build: ({ search, offset, limit }) => {
    const lastSeen = sql`toUnixTimestamp64Milli(last_seen)`;
    const found = sql`canonical IN (SELECT canonical FROM ${profiles} WHERE NOT deleted AND ${searched(search)})`;
    const others = sql`UNION ALL
      SELECT distinct_id AS id, ${lastSeen} AS at, false AS has_profile FROM ${persons} WHERE ${unclaimed}`;
    return sql`SELECT id, at, has_profile FROM (
      SELECT profile_id AS id, ${lastSeen} AS at, true AS has_profile FROM ${profiles} AS profile
        ${activityJoin([sql`max(seen.last_seen) AS last_seen`], search ? found : sql`true`)}
       WHERE NOT deleted AND ${searched(search)}
      ${search ? sql.empty : others}
    ) ORDER BY at DESC, id DESC LIMIT ${value(limit, 'UInt32')} OFFSET ${value(offset, 'UInt32')}`;
  },
  examples: [
    { offset: 0, limit: 100 },
    { search: { text: 'person-19' }, offset: 0, limit: 100 },
    { search: { text: 'age:30', trait: { path: 'age', value: '30' } }, offset: 1, limit: 1 },
  ],
});

export const peopleCount = analyticsQuery<Pick<SeenList, 'search'>, { readonly people: number }>({
  name: 'person.count',
  build: ({ search }) =>
    search
      ? sql`SELECT count() AS people FROM ${profiles} WHERE NOT deleted AND ${searched(search)}`
      : sql`SELECT (SELECT count() FROM ${profiles} WHERE NOT deleted)
              + (SELECT count() FROM ${persons} WHERE ${unclaimed}) AS people`,
  examples: [{}, { search: { text: 'age:30', trait: { path: 'age', value: '30' } } }],
});
