import { isFieldSet } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { GetUsageResponseSchema, UsageService } from '@dovecote/contract/dashboard/usage/v1/usage_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { Metrics } from '../../src/platform/telemetry/metrics.js';
import { type Actor, addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { countUsage } from '../support/usage.js';

const DAY_MS = 86_400_000;
/** An instant of the day that all tests count: midnight may come between them. */
const now = new Date();

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const usageOf = (who: Actor) => who.client(UsageService);

interface SentEvent {
  readonly id?: string;
  readonly at?: Date;
}

async function send(project: TestProject, ...events: SentEvent[]): Promise<void> {
  await project.keys.sdk.client(EventsService).batchCreate({
    events: events.map(({ id = uuid(), at = now }) => ({
      eventId: id,
      name: 'view',
      distinctId: 'ann',
      timestamp: timestampFromDate(at),
    })),
  });
}

const midnight = (time: Date): Date => new Date(Math.floor(time.getTime() / DAY_MS) * DAY_MS);
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);

async function daily(
  who: Actor,
  from: Date,
  to: Date,
): Promise<[day: Date, projectId: string, events: bigint][]> {
  const range = { from: timestampFromDate(from), to: timestampFromDate(to) };
  const answer = await usageOf(who).getUsage({ orgId: who.orgId, range });
  return answer.daily.map(({ day, projectId, eventCount }) => {
    if (!day) throw new Error('A day is missing.');
    return [timestampDate(day), projectId, eventCount];
  });
}

describe('GetUsage is refused', () => {
  test('to members who do not read analytics, and to those of other organizations', async () => {
    const { id: orgId } = cast.acme;
    expect((await refusalOf(usageOf(cast.erin).getUsage({ orgId }))).code).toBe(Code.PermissionDenied);
    const stranger = await refusalOf(usageOf(cast.mallory).getUsage({ orgId }));
    expect([Code.NotFound, Code.PermissionDenied]).toContain(stranger.code);
    for (const program of [cast.kiosk, cast.site.keys.private, cast.site.keys.shared])
      expect([Code.Unauthenticated, Code.PermissionDenied]).toContain(
        (await refusalOf(program.client(UsageService).getUsage({ orgId }))).code,
      );
  });

  test('without an organization, and for more than 366 days', async () => {
    const range = (days: number) => ({
      from: timestampFromDate(new Date(now.getTime() - days * DAY_MS)),
      to: timestampFromDate(now),
    });
    const { id: orgId } = cast.acme;
    const refused = await refusalsOf([
      usageOf(cast.alice).getUsage({ orgId: '' }),
      usageOf(cast.alice).getUsage({ orgId, range: range(367) }),
    ]);
    expect(refused.map(({ code }) => code)).toEqual([Code.InvalidArgument, Code.InvalidArgument]);
    expect((await usageOf(cast.alice).getUsage({ orgId, range: range(366) })).daily).toEqual([]);
  });
});

describe('usage', () => {
  test('is told to members who read analytics: dashboards show them the page', async () => {
    await expect(usageOf(cast.max).getUsage({ orgId: cast.acme.id })).resolves.toBeDefined();
  });

  test('is absent until it is counted, and nothing for projects without events', async () => {
    await countUsage(s.database);
    const empty = await usageOf(cast.alice).getUsage({ orgId: cast.acme.id });
    expect(isFieldSet(empty, GetUsageResponseSchema.field.usedEvents)).toBe(true);
    expect(empty.usedEvents).toBe(0n);
    expect(empty.usageComputedAt).toBeDefined();
    expect(empty.periodStart && timestampDate(empty.periodStart).toISOString()).toMatch(/-01T00:00:00.000Z$/);
    await s.database.query('delete from usage_count');
    await s.database.query('update analytics_version set counted_version = null, version = 2');
    const counting = await usageOf(cast.alice).getUsage({ orgId: cast.acme.id });
    expect(isFieldSet(counting, GetUsageResponseSchema.field.usedEvents)).toBe(false);
    expect(counting.usageComputedAt).toBeUndefined();
  });

  test('counts an event once however often it is sent, by project and day', async () => {
    const shop = await addProject(s, cast.acme, 'Shop');
    const before = daysAgo(40);
    const first = [
      { id: uuid(), at: now },
      { id: uuid(), at: now },
      { id: uuid(), at: before },
    ];
    await send(cast.site, ...first);
    await send(cast.otherSite, {}, {}, {}, {}, {});
    await countUsage(s.database);
    // As an SDK does whose first answer was lost, and again with others.
    await send(cast.site, ...first);
    await send(cast.site, ...first, { at: now });
    await send(shop, { at: now });
    await countUsage(s.database);
    await countUsage(s.database);

    const days = await daily(cast.alice, daysAgo(41), new Date(now.getTime() + DAY_MS));
    const expected: typeof days = [
      [midnight(before), cast.site.id, 1n],
      [midnight(now), cast.site.id, 3n],
      [midnight(now), shop.id, 1n],
    ];
    expect(new Set(days.map(String))).toEqual(new Set(expected.map(String)));
    const used = await usageOf(cast.alice).getUsage({ orgId: cast.acme.id });
    expect(used.usedEvents).toBe(4n);
    expect(used.daily.map(({ eventCount }) => eventCount)).toEqual([3n, 1n]);
    const others = await usageOf(cast.mallory).getUsage({ orgId: cast.other.id });
    expect(others.usedEvents).toBe(5n);
    expect(others.daily.map(({ projectId }) => projectId)).toEqual([cast.otherSite.id]);
  });

  test('of a day is told of a range that has a part of it, and no other', async () => {
    const start = midnight(now);
    expect(await daily(cast.mallory, new Date(start.getTime() - 1), start)).toEqual([]);
    const last = new Date(start.getTime() + DAY_MS);
    expect(await daily(cast.mallory, new Date(last.getTime() - 1), last)).toHaveLength(1);
    expect(await daily(cast.mallory, last, new Date(last.getTime() + 1))).toEqual([]);
  });

  test('stays when the project is deleted, and is counted on for the others', async () => {
    const { usedEvents = 0n } = await usageOf(cast.alice).getUsage({ orgId: cast.acme.id });
    const brief = await addProject(s, cast.acme, 'Brief');
    await send(brief, {}, {});
    await countUsage(s.database);
    await cast.alice.client(ProjectService).deleteProject({ projectId: brief.id, confirmationName: 'Brief' });
    await send(cast.site, {});
    await countUsage(s.database);
    const after = await usageOf(cast.alice).getUsage({ orgId: cast.acme.id });
    expect(after.usedEvents).toBe(usedEvents + 3n);
    expect(after.daily.find(({ projectId }) => projectId === brief.id)?.eventCount).toBe(2n);
  });
});

describe('another event under an event id', () => {
  const shared = async () => {
    const metrics = await s.server.app.get(Metrics, { strict: false }).scrape();
    return Number(/dovecote_ingest_shared_event_ids_total (\d+)/.exec(metrics)?.[1] ?? 0);
  };

  test('is counted, once, but a copy is not, and that of another project is not', async () => {
    await countUsage(s.database);
    const before = await shared();
    const [id, at] = [uuid(), (minutes: number) => new Date(Date.now() - minutes * 60_000)];
    await s.database.query(
      `update usage_count set ids_checked_until = ids_checked_until - interval '20 minutes'`,
    );
    const event = { id, at: at(4) };
    await send(cast.site, event, event, { at: at(3) });
    await send(cast.otherSite, event);
    await countUsage(s.database);
    expect(await shared()).toBe(before);
    await s.database.query(
      `update usage_count set ids_checked_until = ids_checked_until - interval '150 seconds'`,
    );
    await send(cast.site, { id, at: at(3) }, { id, at: at(2) });
    await countUsage(s.database);
    expect(await shared()).toBe(before + 2);
    await send(cast.site, {});
    await countUsage(s.database);
    expect(await shared()).toBe(before + 2);
  });
});
