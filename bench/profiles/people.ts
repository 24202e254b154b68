import { isDeepStrictEqual } from 'node:util';
import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import type { AnalyticsWorld } from '../support/analytics-world.js';
import { database, rowsOf, untilMerged } from '../support/engine.js';
import { untilMirrored } from '../support/mirrored.js';

const PIECE = 50_000;
/** One profile in so many has no events. */
const WITHOUT_EVENTS = 10;
/** One person in so many has no profile. */
const ANONYMOUS = 10;
/** Events of a person: one to three. */
const MOST_EVENTS = 3;
/** Profiles that the product's mirror sends again, to compare what it writes. */
const CHECKED = 100;

/** When profiles were made, at even distances. */
const MADE: Window = { from: Date.UTC(2026, 7, 30), to: Date.UTC(2026, 10, 28) };

export interface Made {
  readonly profiles: number;
  /** Persons without a profile. */
  readonly others: number;
  readonly events: number;
  /** Until they were made and merged. */
  readonly seconds: number;
}

/**
 * Makes people, the same ones each time: profiles with traits, each with the id of the profile, an external and an anonymous
 * one, and persons without a profile; nine tenths have events. The databases make the rows themselves, and the rows in the
 * analytics store are those that the product's mirror writes, which is checked.
 */
export async function makePeople(world: AnalyticsWorld, profiles: number): Promise<Made> {
  const begin = performance.now();
  const others = Math.floor(profiles / ANONYMOUS);
  for (let first = 0; first < profiles; first += PIECE) {
    process.stderr.write(`Making ${profiles} profiles: ${first} …\n`);
    await insertProfiles(world, profiles, first, Math.min(first + PIECE, profiles) - 1);
  }
  await world.owner.query('vacuum (analyze) profile');
  await world.owner.query('vacuum (analyze) profile_alias');
  process.stderr.write('Making them in the analytics store, with their events …\n');
  await mirror(world, profiles);
  await insertEvents(world, profiles, others);
  await checkMirror(world, profiles);
  await untilMerged(world.engine);
  const [row] = await rowsOf<{ events: number }>(
    world.engine,
    `SELECT count() AS events FROM ${database}.events FINAL WHERE project = ${world.project.number}`,
  );
  return { profiles, others, events: row!.events, seconds: (performance.now() - begin) / 1_000 };
}

/** The id of the nth of so many profiles: in order of their making, as the product's are. */
export function profileIdOf(n: number, profiles: number): string {
  const time = madeAt(n, profiles).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

function madeAt(n: number, profiles: number): number {
  return MADE.from + n * distanceOf(profiles);
}

function distanceOf(profiles: number): number {
  return Math.floor((MADE.to - MADE.from) / profiles);
}

async function insertProfiles(
  { owner, project }: AnalyticsWorld,
  profiles: number,
  first: number,
  last: number,
): Promise<void> {
  const values = [project.orgId, project.number, first, last];
  const numbered = `(select n, ${MADE.from} + n * ${distanceOf(profiles)}::bigint as ms from generate_series($3::int, $4::int) n) made,
    lateral (select (lpad(to_hex(ms), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid as id) named`;
  await owner.query(
    `insert into profile (org_id, project, id, external_id, properties, created_at, updated_at, version, is_mirrored)
     select $1, $2, id, 'user-' || n, ${traits}, to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0), ms * 1000, true from ${numbered}`,
    values,
  );
  for (const [alias, names] of [
    ['id::text', true],
    [`'user-' || n`, true],
    [`'anon-' || n`, false],
  ] as const)
    await owner.query(
      `insert into profile_alias (org_id, project, alias, profile_id, names_profile, by_alias, version, is_mirrored)
       select $1, $2, ${alias}, id, ${names}, false, ms * 1000, true from ${numbered}`,
      values,
    );
}

const traits = `jsonb_build_object('plan', (array['free', 'pro', 'team'])[n % 3 + 1], 'age', 18 + n % 60,
  'email', 'user-' || n || '@example.com', 'company', jsonb_build_object('name', 'Company ' || n % 5000))`;

/** What the product's mirror writes of them. */
async function mirror({ engine, project }: AnalyticsWorld, profiles: number): Promise<void> {
  const time = `leftPad(lower(hex(ms)), 12, '0')`;
  const id = `concat(substring(${time}, 1, 8), '-', substring(${time}, 9), '-7000-8000-', leftPad(lower(hex(number)), 12, '0'))`;
  const made = `(SELECT number, toUInt64(${MADE.from} + number * ${distanceOf(profiles)}) AS ms, ${id} AS id FROM numbers(${profiles}))`;
  await engine.command({
    query: `INSERT INTO ${database}.profiles
        (project, profile_id, external_id, properties, numbers, numeric_texts, deleted, created_at, version)
      SELECT ${project.number}, id, concat('user-', toString(number)),
        map('age', toString(18 + number % 60), 'plan', ['free', 'pro', 'team'][number % 3 + 1],
          'email', concat('user-', toString(number), '@example.com'), 'company.name', concat('Company ', toString(number % 5000))),
        map('age', toFloat64(18 + number % 60)), [], false, fromUnixTimestamp64Milli(toInt64(ms), 'UTC'), ms * 1000 FROM ${made}`,
  });
  await engine.command({
    query: `INSERT INTO ${database}.person_aliases (project, distinct_id, profile_id, version)
      SELECT ${project.number}, arrayJoin([id, concat('user-', toString(number)), concat('anon-', toString(number))]), id, ms * 1000 FROM ${made}`,
  });
}

async function insertEvents(
  { engine, project }: AnalyticsWorld,
  profiles: number,
  others: number,
): Promise<void> {
  const [browsers, countries] = [
    ['Chrome', 'Safari', 'Firefox', 'Edge'],
    ['US', 'DE', 'GB', 'FR', 'SE', 'IN', 'BR', 'CA', 'NL', 'JP'],
  ].map((texts) => `[${texts.map((text) => `'${text}'`).join(', ')}]`);
  const hash = (salt: number): string => `cityHash64(number, ${salt})`;
  // Persons beyond the profiles have none. The first event of a profile is under the anonymous id, others under the external.
  const made = `SELECT intDiv(number, ${MOST_EVENTS}) AS n, number % ${MOST_EVENTS} AS position, number,
      n >= ${profiles} AS other, if(other, n - ${profiles}, n) AS nth
    FROM numbers(${(profiles + others) * MOST_EVENTS})
    WHERE position <= cityHash64(n, 1) % ${MOST_EVENTS} AND (other OR n % ${WITHOUT_EVENTS} != 0)`;
  await engine.command({
    query: `INSERT INTO ${database}.events
        (project, kind, occur_time, distinct_id, session_id, event_id, received_at, batch_id, browser, browser_version, os, device, country, region, city, platform)
      SETTINGS max_partitions_per_insert_block = 0
      SELECT ${project.number}, ['page_view', 'page_view', 'click', 'purchase'][${hash(2)} % 4 + 1],
        fromUnixTimestamp64Milli(toInt64(${MADE.from} + nth * if(other, ${ANONYMOUS}, 1) * ${distanceOf(profiles)} + position * 60000 + ${hash(3)} % 50000), 'UTC') AS time,
        multiIf(other, concat('visitor-', toString(nth)), position = 0, concat('anon-', toString(nth)), concat('user-', toString(nth))),
        toString(reinterpretAsUUID(sipHash128(n, 4))), toString(reinterpretAsUUID(sipHash128(number, 5))), time,
        reinterpretAsUUID(sipHash128(n, 6)), ${browsers}[${hash(7)} % 4 + 1], toString(100 + ${hash(8)} % 30),
        ['Windows', 'iOS', 'Android', 'macOS'][${hash(9)} % 4 + 1], ['Desktop', 'Mobile'][${hash(10)} % 2 + 1],
        ${countries}[cityHash64(n, 11) % 10 + 1] AS land, concat(land, '-', toString(${hash(12)} % 8)),
        concat('City ', toString(${hash(13)} % 500)), 'web'
      FROM (${made})`,
  });
}

/** Throws when the product's mirror writes other rows. */
async function checkMirror({ engine, owner, project }: AnalyticsWorld, profiles: number): Promise<void> {
  const step = Math.max(1, Math.floor(profiles / CHECKED));
  const ids = Array.from({ length: Math.min(CHECKED, profiles) }, (_, index) =>
    profileIdOf(index * step, profiles),
  );
  const list = ids.map((id) => `'${id}'`).join(', ');
  const read = async (): Promise<unknown[][]> => [
    await rowsOf(
      engine,
      `SELECT * EXCEPT version, mapSort(properties) AS properties, toString(canonical) AS canonical FROM ${database}.profiles FINAL
        WHERE project = ${project.number} AND profile_id IN (${list}) ORDER BY profile_id`,
    ),
    await rowsOf(
      engine,
      `SELECT distinct_id, profile_id FROM ${database}.person_aliases FINAL
        WHERE project = ${project.number} AND profile_id IN (${list}) ORDER BY distinct_id`,
    ),
  ];
  const made = await read();
  for (const [table, key] of [
    ['profile', 'id'],
    ['profile_alias', 'profile_id'],
  ])
    await owner.query(
      `update ${table} set is_mirrored = false, version = version + 1 where org_id = $1 and ${key} = any ($2)`,
      [project.orgId, ids],
    );
  await untilMirrored(owner, project.number);
  const mirrored = await read();
  if (made[0]?.length !== ids.length || !isDeepStrictEqual(mirrored, made))
    throw new Error('The product’s mirror writes other rows than the benchmark.');
}
