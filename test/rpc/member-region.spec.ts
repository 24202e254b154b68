import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf, hire, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let ada: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  ada = await addMember(s, cast.acme, { email: 'ada@acme.example', role: 'admin' });
});
afterAll(() => s.stop());

const move = (who: Actor, userId: string, dataGovernanceRegion: string) =>
  members(who).updateUserRegion({ userId, dataGovernanceRegion });

async function changesOf(userId: string): Promise<Record<string, unknown>[]> {
  return s.database.query(
    `select id, from_region, to_region, completed_at from member_region_change where user_id = $1 order by id`,
    [userId],
  );
}

async function completed(changeId: string): Promise<void> {
  await eventually('the change of region is complete', async () => {
    const [row] = await s.database.query<{ completed_at: Date | null }>(
      'select completed_at from member_region_change where id = $1',
      [changeId],
    );
    return row?.completed_at;
  });
}

describe('UpdateUserRegion refuses', () => {
  test('who may not manage members, strangers, and whoever holds less', async () => {
    for (const who of [cast.erin, cast.max]) {
      expect((await refusalOf(move(who, cast.erin.userId, 'EU'))).code).toBe(Code.PermissionDenied);
    }
    expect((await refusalOf(move(cast.mallory, cast.erin.userId, 'EU'))).code).toBe(Code.NotFound);
    expect((await refusalOf(move(cast.alice, randomUUID(), 'EU'))).code).toBe(Code.NotFound);
    const stronger = await refusalOf(move(ada, cast.alice.userId, 'EU'));
    expect(stronger).toMatchObject({ code: Code.PermissionDenied, reason: 'MEMBER_EXCEEDS_OWN' });
  });

  test.each(['eu', 'MARS', 'EU '])('a region that is none: %j', async (region) => {
    expect((await refusalOf(move(cast.alice, cast.erin.userId, region))).code).toBe(Code.InvalidArgument);
  });
});

describe('UpdateUserRegion', () => {
  test('begins one change of the region in force, whoever asks at once, and puts it on record', async () => {
    const { userId } = await hire(s, cast.acme);
    const answers = await Promise.all([cast.alice, ada, cast.kiosk].map((who) => move(who, userId, 'EU')));
    const begun = answers.map(({ migrationWorkflowId }) => migrationWorkflowId).filter((id) => id !== '');
    expect(begun).toHaveLength(1);
    for (const { user } of answers) expect(user?.dataGovernanceRegion).toBe('EU');
    await completed(begun[0] ?? '');
    expect(await changesOf(userId)).toMatchObject([{ id: begun[0], from_region: 'US', to_region: 'EU' }]);
    expect(await auditOf(s, userId)).toMatchObject([
      {
        event_type: 'PROFILE_UPDATED',
        metadata: { data_governance_region: 'EU', region_change_id: begun[0] },
      },
      {
        event_type: 'PROFILE_UPDATED',
        actor_kind: 'system',
        metadata: {
          region_change_id: begun[0],
          from_region: 'US',
          to_region: 'EU',
          records_moved: '0',
        },
      },
    ]);
  });

  test('changes no region in force when the member’s own becomes what they inherited, or back', async () => {
    const { userId } = await hire(s, cast.acme);
    const own = await move(cast.alice, userId, 'US');
    expect(own).toMatchObject({ migrationWorkflowId: '', user: { dataGovernanceRegion: 'US' } });
    const inherited = await move(cast.alice, userId, '');
    expect(inherited).toMatchObject({ migrationWorkflowId: '', user: { dataGovernanceRegion: '' } });
    const same = await move(cast.alice, userId, '');
    expect(same.migrationWorkflowId).toBe('');
    expect(await changesOf(userId)).toEqual([]);
    // Two changes; the repetition was none.
    expect(await auditOf(s, userId)).toHaveLength(2);
  });

  test('ends with the region of the organization when the own one is taken back', async () => {
    const { userId } = await hire(s, cast.acme);
    await s.database.query(`update organization set data_governance_region = 'BR' where id = $1`, [
      cast.acme.id,
    ]);
    const there = await move(cast.alice, userId, 'APAC');
    const back = await move(cast.alice, userId, '');
    expect(await changesOf(userId)).toMatchObject([
      { id: there.migrationWorkflowId, from_region: 'BR', to_region: 'APAC' },
      { id: back.migrationWorkflowId, from_region: 'APAC', to_region: 'BR' },
    ]);
  });
});

describe('ConfirmPasskeyEnrollment', () => {
  async function registerPasskey(who: Actor): Promise<void> {
    await s.database.query(
      `insert into webauthn_credential (credential_id, identity_id, public_key, created_at)
       values (decode($1, 'hex'), $2, '\\x00', now())`,
      [randomUUID().replaceAll('-', ''), who.identityId],
    );
  }
  const confirm = (who: Actor) => members(who).confirmPasskeyEnrollment({});

  test('is for people, and refuses those without a registered passkey', async () => {
    expect((await refusalOf(confirm(cast.kiosk))).code).toBe(Code.PermissionDenied);
    await registerPasskey(cast.mallory);
    const refused = await refusalOf(confirm(cast.erin));
    expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: 'PASSKEY_NOT_REGISTERED' });
    expect(refused.message).toMatch(/register one/);
  });

  test('marks the person once, however often and however many ask at once', async () => {
    await registerPasskey(cast.erin);
    const answers = await Promise.all([confirm(cast.erin), confirm(cast.erin), confirm(cast.erin)]);
    expect(answers.map(({ confirmed }) => confirmed)).toEqual([true, true, true]);
    const rows = await s.database.query('select passkey_enrolled from identity where id = $1', [
      cast.erin.identityId,
    ]);
    expect(rows).toEqual([{ passkey_enrolled: true }]);
    const trail = await auditOf(s, cast.erin.userId);
    expect(trail.filter(({ event_type }) => event_type === 'PASSKEY_ENROLLED')).toHaveLength(1);
  });
});
