import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  AuditEventClass,
  AuditEventType,
  type AuditEvent,
  AuditService,
} from '@dovecote/contract/pidgr/v1/audit_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { v7 as uuid } from 'uuid';
import { type Actor, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { internalListener, siblingOf } from '../support/sibling.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: await internalListener() });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const audit = (who: Actor) => who.client(AuditService);
const sibling = (orgId?: string) => siblingOf(s, AuditService, orgId);

async function act(name: string, who = cast.alice): Promise<string> {
  return (await who.client(RoleService).createRole({ name, permissions: [P.ORG_READ] })).role?.id ?? '';
}

async function all(who: Actor, filter: object = {}, pageSize = 0): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  let pageToken = '';
  do {
    const page = await audit(who).listAuditEvents({ ...filter, pageSize, pageToken });
    events.push(...page.events);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return events;
}

describe('ListAuditEvents', () => {
  test('is refused to keys, to members without the permission, and shows nothing of others', async () => {
    expect((await refusalOf(audit(cast.kiosk).listAuditEvents({}))).reason).toBe('API_KEY_HAS_NO_USER');
    for (const who of [cast.max, cast.erin]) {
      const { code, message } = await refusalOf(audit(who).listAuditEvents({}));
      expect([code, message]).toEqual([Code.PermissionDenied, 'This needs PERMISSION_AUDIT_READ.']);
    }
    const id = await act('Secret');
    expect((await all(cast.alice)).map(({ entityId }) => entityId)).toContain(id);
    expect((await all(cast.mallory)).filter(({ orgId }) => orgId !== cast.other.id)).toEqual([]);
  });

  test('refuses what makes no sense, by the name of the field', async () => {
    const now = timestampFromDate(new Date());
    for (const [request, field] of [
      [{ pageSize: -1 }, 'page_size'],
      [{ pageSize: 101 }, 'page_size'],
      [{ pageToken: 'x' }, 'page_token'],
      [{ actorId: 'alice' }, 'actor_id'],
      [{ eventType: 90 as AuditEventType }, 'event_type'],
      [{ eventClasses: [AuditEventClass.UNSPECIFIED] }, 'event_classes[0]'],
      [{ startTime: now, endTime: now }, 'end_time'],
    ] satisfies [object, string][]) {
      const refusal = await refusalOf(audit(cast.alice).listAuditEvents(request));
      expect([refusal.code, refusal.fields]).toEqual([Code.InvalidArgument, [field]]);
    }
  });

  test('takes a page token for the same question of the same organization only', async () => {
    for (let i = 0; i < 3; i += 1) await act(`Page ${i}`);
    const { nextPageToken: pageToken } = await audit(cast.alice).listAuditEvents({ pageSize: 1 });
    expect(pageToken).not.toBe('');
    const calls = [
      audit(cast.mallory).listAuditEvents({ pageToken }),
      audit(cast.alice).listAuditEvents({ pageToken, eventType: AuditEventType.ROLE_CREATED }),
      audit(cast.alice).listAuditEvents({ pageToken, eventClasses: [AuditEventClass.SYSTEM] }),
    ];
    for (const refused of await refusalsOf(calls)) expect(refused.fields).toEqual(['page_token']);
  });

  test('shows every event once, newest first, page by page, 50 unless told otherwise', async () => {
    for (let i = 0; i < 52; i += 1) await act(`Many ${i}`);
    const whole = await all(cast.alice, {}, 100);
    expect(await all(cast.alice, {}, 7)).toEqual(whole);
    expect((await audit(cast.alice).listAuditEvents({})).events).toEqual(whole.slice(0, 50));
    const times = whole.map(({ createdAt }) => Number(createdAt?.seconds) * 1e9 + (createdAt?.nanos ?? 0));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const [{ count } = { count: 0 }] = await s.database.query<{ count: number }>(
      'select count(*)::int as count from audit_event where org_id = $1',
      [cast.acme.id],
    );
    expect(new Set(whole.map(({ id }) => id)).size).toBe(count);
  });

  test('says what happened', async () => {
    const id = await act('Telling');
    const [event] = await all(cast.alice, { eventType: AuditEventType.ROLE_CREATED });
    expect(event).toMatchObject({
      orgId: cast.acme.id,
      actorId: cast.alice.userId,
      eventType: AuditEventType.ROLE_CREATED,
      entityType: 'role',
      entityId: id,
      metadata: { slug: 'telling' },
      synthetic: false,
      eventClass: AuditEventClass.MANAGEMENT,
    });
  });

  test('filters by type, actor, time and class, all at once', async () => {
    const bob = await addMember(s, cast.acme, { email: 'bob@acme.example', role: 'super_admin' });
    const before = new Date();
    await s.travel(HOUR_MS);
    const one = await act('By Bob', bob);
    await s.travel(HOUR_MS);
    await act('By Bob later', bob);
    await sibling().append({ orgId: cast.acme.id, eventType: 'KMS_DECRYPT', actorId: bob.userId });
    const ids = async (filter: object) => (await all(cast.alice, filter)).map(({ entityId }) => entityId);
    expect(await ids({ actorId: bob.userId.toUpperCase() })).toHaveLength(3);
    const [first] = await all(cast.alice, { actorId: bob.userId, endTime: undefined }, 1).then((rows) =>
      rows.reverse(),
    );
    const at = first?.createdAt;
    expect(await ids({ actorId: bob.userId, startTime: at })).toHaveLength(3);
    expect(await ids({ actorId: bob.userId, endTime: at })).toEqual([]);
    expect(
      await ids({
        actorId: bob.userId,
        startTime: timestampFromDate(before),
        endTime: timestampFromDate(new Date(before.getTime() + 2 * HOUR_MS)),
      }),
    ).toEqual([one]);
    const management = { actorId: bob.userId, eventClasses: [AuditEventClass.MANAGEMENT] };
    expect(await ids(management)).toHaveLength(2);
    expect(await ids({ ...management, eventType: AuditEventType.KMS_DECRYPT })).toEqual([]);
    expect(await ids({ actorId: bob.userId, eventClasses: [AuditEventClass.SYSTEM] })).toEqual(['']);
    const both = [AuditEventClass.SYSTEM, AuditEventClass.MANAGEMENT];
    expect(await ids({ actorId: bob.userId, eventClasses: both })).toHaveLength(3);
    expect(await ids({ actorId: cast.mallory.userId })).toEqual([]);
  });
});

describe('Append', () => {
  const event = { eventType: 'REACHABILITY_UPSERT' };

  test('is for siblings, for an organization that is there and that they name once', async () => {
    for (const who of [cast.alice, cast.kiosk]) {
      const refusal = refusalOf(audit(who).append({ ...event, orgId: cast.acme.id }));
      expect((await refusal).reason).toBe('INTERNAL_ONLY');
    }
    expect((await refusalOf(sibling().append({ ...event, orgId: uuid() }))).code).toBe(Code.NotFound);
    const twice = await refusalOf(sibling(cast.other.id).append({ ...event, orgId: cast.acme.id }));
    expect([twice.code, twice.fields]).toEqual([Code.InvalidArgument, ['org_id']]);
    for (const eventType of ['', 'lower', 'WITH SPACE', 'X'.repeat(101), 'X\n']) {
      const refusal = await refusalOf(sibling().append({ eventType, orgId: cast.acme.id }));
      expect(refusal.fields).toEqual(['event_type']);
    }
  });

  test('keeps words that the contract does not know', async () => {
    const { id: orgId } = await addOrganization(s, 'Quiet');
    const reader = await addMember(
      s,
      { ...cast.acme, id: orgId, roles: await rolesOf(orgId) },
      { email: 'reader@quiet.example', role: 'super_admin' },
    );
    const { eventId } = await sibling(orgId).append({
      orgId,
      eventType: 'PEPPER_ROTATED',
      actorId: reader.userId,
      subjectUserId: reader.userId,
      details: { purpose: 'reachability_lookup' },
    });
    await sibling(orgId).append({ orgId, eventType: 'AUDIT_EVENT_TYPE_REACHABILITY_UPSERT' });
    const [known, unknown] = await all(reader);
    expect(known).toMatchObject({
      eventType: AuditEventType.REACHABILITY_UPSERT,
      actorId: '',
      entityType: '',
    });
    expect(unknown).toMatchObject({
      id: eventId,
      eventType: AuditEventType.UNSPECIFIED,
      eventClass: AuditEventClass.SYSTEM,
      actorId: reader.userId,
      entityType: 'user',
      entityId: reader.userId,
      metadata: { purpose: 'reachability_lookup' },
    });
    const [stored] = await s.database.query('select event_type, actor_kind from audit_event where id = $1', [
      eventId,
    ]);
    expect(stored).toEqual({ event_type: 'PEPPER_ROTATED', actor_kind: 'internal' });
  });

  test('removes what is somebody’s or secret, wherever it stands, from trail and log', async () => {
    const canary = 'canary-4711';
    const details = {
      channel: 'SMS',
      key_version: 3,
      keyId: 'k-1',
      email: `${canary}@acme.example`,
      phoneNumber: canary,
      contact: { full_name: canary, nested: [{ ip_address: canary }] },
      secret_key: canary,
      note: `call +49 170 1234567 or ${canary}@acme.example from 10.11.12.13`,
      token: { value: canary },
      ok: true,
      nothing: null,
      nul: 'a\0b',
    };
    const { eventId } = await sibling().append({ ...event, orgId: cast.acme.id, details });
    const stored = (await all(cast.alice)).find(({ id }) => id === eventId);
    expect(stored?.metadata).toEqual({
      channel: 'SMS',
      key_version: '3',
      keyId: 'k-1',
      email: '[removed]',
      phoneNumber: '[removed]',
      'contact.full_name': '[removed]',
      'contact.nested.0.ip_address': '[removed]',
      secret_key: '[removed]',
      note: 'call [removed] or [removed] from [removed]',
      'token.value': '[removed]',
      ok: 'true',
      nothing: 'null',
      nul: 'ab',
    });
    expect(JSON.stringify(s.logLines())).not.toContain(canary);
  });

  test('keeps at most twenty pairs, short ones', async () => {
    const deep = Array.from({ length: 20 }).reduce<object>((inner) => ({ inner }), { end: 'x' });
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`field_${index}`, 'x'.repeat(600)]),
    );
    const details = { ['k'.repeat(80)]: 'v', deep, ...many };
    const { eventId } = await sibling().append({ ...event, orgId: cast.acme.id, details } as never);
    const { metadata = {} } = (await all(cast.alice)).find(({ id }) => id === eventId) ?? {};
    expect(Object.keys(metadata)).toHaveLength(20);
    expect(metadata.left_out).toBe('23');
    expect(Math.max(...Object.keys(metadata).map((key) => key.length))).toBe(50);
    expect(Math.max(...Object.values(metadata).map((value) => value.length))).toBe(500);
  });

  test('keeps names and values that are cut within a character', async () => {
    const details = { note: `${'x'.repeat(499)}🔥`, [`🔥${'k'.repeat(49)}`]: 'v', 'a\0b': 'c' };
    const { eventId } = await sibling().append({ ...event, orgId: cast.acme.id, details });
    const { metadata } = (await all(cast.alice)).find(({ id }) => id === eventId) ?? {};
    expect(metadata).toEqual({
      note: `${'x'.repeat(499)}\ufffd`,
      [`\ufffd${'k'.repeat(49)}`]: 'v',
      ab: 'c',
    });
  });
});

async function rolesOf(orgId: string): Promise<Cast['acme']['roles']> {
  const rows = await s.database.query<{ slug: string; id: string }>(
    'select slug, id from role where org_id = $1',
    [orgId],
  );
  // The four seeded ones.
  return Object.fromEntries(rows.map(({ slug, id }) => [slug, id])) as Cast['acme']['roles'];
}
