import type { AnalyticsWorld } from '../support/analytics-world.js';
import { database } from '../support/engine.js';
import type { Filtered } from './filters.js';
import type { ShownActivity, ShownPerson } from './shown.js';

/** Each row in its newest version; what the settings say, the partitions and the keys of the tables allow. */
const SETTINGS =
  'SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1, output_format_json_quote_64bit_integers = 0';

const latestColumns = [
  'browser',
  'browser_version',
  'os',
  'os_version',
  'device',
  'country',
  'region',
  'city',
];

/** What people did. */
const activity = `toUnixTimestamp64Milli(min(occur_time)), toUnixTimestamp64Milli(max(occur_time)), toUInt32(count()),
  toUInt32(countIf(kind = 'page_view')), toUInt32(uniqExactIf(session, session != 0)),
  argMax([${latestColumns.map((name) => `toString(${name})`).join(', ')}], (occur_time, event_id))`;
/** Profiles that are read at once. */
const PIECE = 10_000;

/** A row of a list: a profile, or a person without one. */
type Listed = [id: string, at: number, hasProfile: boolean];

/** A page of the list by creation, as an expert asks for it: the ids first, then what they are and did. */
export async function pageByHand(
  world: AnalyticsWorld,
  list: Filtered,
  size: number,
): Promise<ShownPerson[]> {
  return peopleOf(world, await listed(world, list, size));
}

/** The whole list: what everybody did is computed at once, and profiles are read from PostgreSQL by the thousand. */
export async function* wholeByHand(world: AnalyticsWorld, list: Filtered): AsyncIterable<string[]> {
  const of = `project = ${world.project.number}`;
  const query = `SELECT id, at, has_profile, activity.* FROM (${profilesStatement(world, list)} UNION ALL ${othersStatement(world, list)}) AS list ANY LEFT JOIN (
      SELECT if(canonical = 0, person, canonical) AS key, ${activity}
        FROM (SELECT * FROM ${database}.events FINAL WHERE ${of}) AS event
        ANY LEFT JOIN (SELECT person, canonical FROM ${database}.person_aliases FINAL WHERE ${of}) AS alias USING person GROUP BY key
    ) AS activity ON sipHash64(id) = key ORDER BY at DESC, id DESC ${SETTINGS}`;
  const answer = await world.engine.query({ query, format: 'JSONCompactEachRow' });
  let waiting: Listed[] = [];
  for await (const lines of answer.stream<Listed>()) {
    waiting.push(...lines.map((line) => line.json<Listed>()));
    if (waiting.length < PIECE) continue;
    yield await piece(world, waiting);
    waiting = [];
  }
  yield piece(world, waiting);
}

async function piece(world: AnalyticsWorld, people: readonly Listed[]): Promise<string[]> {
  await profilesOf(world, people);
  return people.map(([id]) => id);
}

/** Profiles, and then those without one who are as new as the last of them. */
async function listed(world: AnalyticsWorld, list: Filtered, size: number): Promise<Listed[]> {
  const newest = `ORDER BY at DESC, id DESC LIMIT ${size} ${SETTINGS}`;
  const profiles = await rows<Listed>(world, `${profilesStatement(world, list)} ${newest}`);
  const since = profiles[size - 1]?.[1];
  const others = await rows<Listed>(world, `${othersStatement(world, list, since)} ${newest}`);
  return [...profiles, ...others]
    .sort(([a, first], [b, second]) => second - first || (a < b ? 1 : -1))
    .slice(0, size);
}

function profilesStatement({ project }: AnalyticsWorld, list: Filtered): string {
  const of = `project = ${project.number}`;
  const latest = list.latest.map((name) => `argMax(latest.${name}, latest.occur_time) AS ${name}`).join(', ');
  const join =
    list.latest.length === 0
      ? ''
      : `ANY LEFT JOIN (
          SELECT of_person AS canonical, ${latest} FROM (SELECT * FROM ${database}.persons FINAL WHERE ${of}) AS seen
            ANY INNER JOIN (SELECT person, canonical AS of_person FROM ${database}.person_aliases FINAL WHERE ${of}) AS alias USING person
           GROUP BY of_person) AS activity USING canonical`;
  return `SELECT profile_id AS id, toUnixTimestamp64Milli(created_at) AS at, true AS has_profile
      FROM (SELECT * FROM ${database}.profiles FINAL WHERE ${of}) AS profile ${join} WHERE NOT deleted AND ${list.ofProfiles}`;
}

/** Persons without a profile. An id that is claimed stays so: older versions of the rows say the same. */
function othersStatement({ project }: AnalyticsWorld, list: Filtered, since?: number): string {
  const of = `project = ${project.number}`;
  const recent = since === undefined ? 'true' : `toUnixTimestamp64Milli(first_seen) >= ${since}`;
  const candidates = `(SELECT person FROM ${database}.persons FINAL WHERE ${of} AND ${recent})`;
  return `SELECT distinct_id AS id, toUnixTimestamp64Milli(first_seen) AS at, false AS has_profile FROM ${database}.persons FINAL
     WHERE ${of} AND ${recent} AND ${list.ofOthers} AND person NOT IN (
       SELECT person FROM ${database}.person_aliases WHERE ${of} ${since === undefined ? '' : `AND person IN ${candidates}`})`;
}

/** Those who are found by their address or external id, and how many: the search of the documented list. */
export async function searchByHand(world: AnalyticsWorld, text: string): Promise<ShownPerson[]> {
  const found = await rows<Listed>(
    world,
    `SELECT profile_id, 0, true FROM ${database}.profiles FINAL WHERE project = ${world.project.number} AND NOT deleted
        AND (external_id = '${text}' OR lowerUTF8(properties['email']) = lowerUTF8('${text}')) ${SETTINGS}`,
  );
  return peopleOf(world, found);
}

/** The person to whom an id leads. */
export async function personByHand(world: AnalyticsWorld, id: string): Promise<ShownPerson[]> {
  const { owner, project } = world;
  const { rows: found } = await owner.query<{ id: string }>({
    name: 'led',
    text: 'select profile_id as id from profile_alias where org_id = $1 and project = $2 and alias = $3',
    values: [project.orgId, project.number, id],
  });
  return peopleOf(world, [[found[0]?.id ?? id, 0, found.length > 0]]);
}

interface StoredProfile {
  readonly id: string;
  readonly externalId: string;
  readonly properties: unknown;
  readonly created: Date;
  readonly updated: Date;
  readonly aliases: readonly string[];
}

/** What the people are and did: their profiles and ids from PostgreSQL, then one statement about their events. */
async function peopleOf(world: AnalyticsWorld, people: readonly Listed[]): Promise<ShownPerson[]> {
  const profiles = await profilesOf(world, people);
  const idsOf = people.map(([id]) => profiles.get(id)?.aliases ?? [id]);
  const activities = await activitiesOf(world, idsOf);
  return people.map(([id], index) => {
    const [profile, did] = [profiles.get(id), activities.get(index)];
    return {
      ...{ id, externalId: profile?.externalId ?? '', traits: profile?.properties ?? {} },
      created: profile?.created.getTime() ?? did?.firstSeen,
      updated: profile?.updated.getTime() ?? did?.lastSeen,
      ...(did && { activity: did }),
    };
  });
}

async function profilesOf(
  world: AnalyticsWorld,
  people: readonly Listed[],
): Promise<ReadonlyMap<string, StoredProfile>> {
  const withProfile = people.filter(([, , hasProfile]) => hasProfile).map(([id]) => id);
  const { rows: stored } = await world.owner.query<StoredProfile>({
    name: 'profiles',
    text: `select p.id, p.external_id as "externalId", p.properties, p.created_at as created, p.updated_at as updated,
             (select array_agg(a.alias) from profile_alias a where a.org_id = p.org_id and a.profile_id = p.id) as aliases
             from profile p where p.org_id = $1 and p.project = $2 and p.id = any ($3::uuid[]) and p.deleted_at is null and p.merged_into is null`,
    values: [world.project.orgId, world.project.number, withProfile],
  });
  return new Map(stored.map((profile) => [profile.id, profile]));
}

/** By the number of the person in the list. */
async function activitiesOf(
  world: AnalyticsWorld,
  idsOf: readonly (readonly string[])[],
): Promise<ReadonlyMap<number, ShownActivity>> {
  const of = `project = ${world.project.number}`;
  const query = `
    WITH [${idsOf
      .flat()
      .map((id) => `sipHash64('${id}')`)
      .join(', ')}] AS hashes,
      [${idsOf.flatMap((ids, index) => ids.map(() => index)).join(', ')}] AS numbers
    SELECT transform(person, hashes, numbers, -1) AS nth, ${activity}
    FROM ${database}.events FINAL WHERE ${of} AND person IN (hashes)
      AND occur_time >= (SELECT min(first_seen) FROM ${database}.persons WHERE ${of} AND person IN (hashes))
      AND occur_time <= (SELECT max(last_seen) FROM ${database}.persons WHERE ${of} AND person IN (hashes))
    GROUP BY nth ${SETTINGS}`;
  const found = await rows<[number, number, number, number, number, number, string[]]>(world, query);
  return new Map(
    found.map(([nth, firstSeen, lastSeen, events, pageviews, sessions, latest]) => [
      nth,
      { firstSeen, lastSeen, events, pageviews, sessions, latest },
    ]),
  );
}

async function rows<T>({ engine }: AnalyticsWorld, query: string): Promise<T[]> {
  return (await engine.query({ query, format: 'JSONCompactEachRow' })).json<T>();
}
