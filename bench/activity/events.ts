import { createClient } from '@connectrpc/connect';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import { columns, fill } from '../insights/rows.js';
import type { AnalyticsWorld } from '../support/analytics-world.js';
import { database, rowsOf, untilMerged } from '../support/engine.js';
import { untilMirrored } from '../support/mirrored.js';

const MINUTE_MS = 60_000;
const HISTORY_MS = 90 * 86_400_000;
/** What the live page of a dashboard shows at most. */
export const LIVE_MS = 30 * MINUTE_MS;
const LIVE_EVENTS = 1_500;

export const busyPerson = 'busy';
/** Under which the person sends events; the second is another profile, which was merged into the first. */
const idsOfBusy = [busyPerson, 'busy-before', 'anon-busy-1', 'anon-busy-2', 'anon-busy-3'] as const;

export interface Busy {
  readonly profileId: string;
  /** Events of the person, each counted once, without those of robots. */
  readonly events: number;
  /** Events of the whole project, likewise. */
  readonly all: number;
  readonly history: Window;
}

/**
 * Makes about so many events of others, as for other benchmarks, and so many of one person, who has five ids that are joined
 * through the API, and a busy last half hour. The history ends now, as feeds are read from their end.
 */
export async function makeActivity(
  world: AnalyticsWorld,
  { events, ofPerson }: { readonly events: number; readonly ofPerson: number },
): Promise<Busy> {
  const { engine, project } = world;
  const to = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const history = { from: to - HISTORY_MS, to };
  const profileId = await identify(world);
  process.stderr.write(`Making ${events} events of others …\n`);
  await fill(engine, project.number, events, history);
  process.stderr.write(`Making ${ofPerson} events of a person …\n`);
  const number = 'cityHash64(event_id, 31)';
  const ids = idsOfBusy.map((id) => `'${id}'`).join(', ');
  const own = {
    distinct_id: `[${ids}][${number} % ${idsOfBusy.length} + 1]`,
    session_id: `toString(reinterpretAsUUID(sipHash128(session_id, 33)))`,
  };
  await copyEvents(world, ofPerson, 41, own);
  await copyEvents(world, LIVE_EVENTS, 42, {
    distinct_id: `concat('anon-live-', toString(${number} % 400))`,
    occur_time: `fromUnixTimestamp64Milli(toInt64(${to - 1} - ${number} % ${LIVE_MS}), 'UTC')`,
  });
  await untilMerged(engine);
  const hashes = idsOfBusy.map((id) => `sipHash64('${id}')`).join(', ');
  const [row] = await rowsOf<{ events: number; all: number }>(
    engine,
    `SELECT countIf(person IN (${hashes})) AS events, count() AS all
       FROM ${database}.events FINAL WHERE project = ${project.number} AND NOT bot`,
  );
  return { profileId, ...row!, history };
}

/** Copies about so many of the events, evenly, under other ids, with a retried copy of one in a hundred. */
async function copyEvents(
  { engine, project }: AnalyticsWorld,
  count: number,
  salt: number,
  changed: Readonly<Record<string, string>>,
): Promise<void> {
  const source = `${database}.events FINAL WHERE project = ${project.number} AND NOT bot AND NOT cookieless AND person != 0`;
  const [row] = await rowsOf<{ count: number }>(engine, `SELECT count() AS count FROM ${source}`);
  const eventId = `toString(reinterpretAsUUID(sipHash128(event_id, ${salt})))`;
  const chance = `cityHash64(event_id, ${salt})`;
  const insert = (received: string, condition: string): Promise<unknown> => {
    const values: Readonly<Record<string, string>> = { ...changed, event_id: eventId, received_at: received };
    return engine.command({
      query: `INSERT INTO ${database}.events (${columns.join(', ')}) SETTINGS max_partitions_per_insert_block = 0
        SELECT ${columns.map((name) => values[name] ?? name).join(', ')} FROM ${source} AND ${condition}`,
    });
  };
  await insert('received_at', `${chance} % ${row!.count} < ${count}`);
  await insert('addSeconds(received_at, 5)', `${chance} % ${row!.count} < ${Math.ceil(count / 100)}`);
}

/** Joins the ids as an application does, and waits until the analytics store knows. Returns the id of the profile. */
async function identify({ sdk, owner, project }: AnalyticsWorld): Promise<string> {
  const people = createClient(ProfilesSDKService, sdk);
  const [externalId, before, first, second, third] = idsOfBusy;
  const { profileId } = await people.identify({ externalId, traits: { plan: 'pro' }, anonymousId: first });
  await people.identify({ externalId: before, traits: { plan: 'free' }, anonymousId: second });
  await people.alias({ previousId: before, externalId });
  await people.alias({ previousId: third, externalId });
  await untilMirrored(owner, project.number);
  return profileId;
}
