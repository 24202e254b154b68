import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { Client } from 'pg';
import { StopCampaigns } from '../../src/modules/messaging/campaign/campaign.jobs.js';
import { OrganizationDeletions } from '../../src/modules/people/organization/index.js';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { organizationPermissions } from '../../src/platform/access/index.js';
import { ObjectStore } from '../../src/platform/object-store/index.js';
import { type ScopeOrigin, Scopes } from '../../src/platform/scope/index.js';
import { addRecipient, runningCampaign, untilStep } from '../support/campaigns.js';
import { type Actor, addApiKey, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { auditOf } from '../support/members.js';
import {
  deletionsOf,
  doomed,
  requestedEarlier,
  shut,
  sweep,
  untilShut,
} from '../support/organization-deletion.js';
import { refusalOf } from '../support/refusal.js';
import { tablesHolding, untilGone } from '../support/sandboxes.js';
import { mailsTo, signIn } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { plantRows, tenantTables } from '../tenancy/tenant-tables.js';

const DAY_MS = 24 * 3600 * 1000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

/** The actor, acting in that organization. */
function inside(actor: Actor, orgId: string): Actor {
  return {
    ...actor,
    orgId,
    client: (service) => s.client(service, { ...actor.headers, 'x-org-id': orgId }),
  };
}

const remains = async (orgId: string): Promise<Record<string, unknown> | undefined> =>
  (
    await s.database.query<Record<string, unknown>>(
      'select * from organization_deletion where organization_id = $1',
      [orgId],
    )
  )[0];

describe('DeleteOrganization is refused', () => {
  test('to everybody but a super admin who has proven themselves lately', async () => {
    const { org, name, sam } = await doomed(s);
    const erin = await addMember(s, org, { email: `erin-${randomUUID()}@doomed.example`, role: 'employee' });
    const admin = await addMember(s, org, { email: `adam-${randomUUID()}@doomed.example`, role: 'admin' });
    const key = await addApiKey(s, org, organizationPermissions);
    const request = { confirmationName: name };
    for (const [who, reason] of [
      [erin, 'PERMISSION_MISSING'],
      [admin, 'SUPER_ADMIN_REQUIRED'],
      [inside(cast.mallory, org.id), 'NOT_A_MEMBER'],
    ] as const) {
      const refused = await refusalOf(deletionsOf(who).deleteOrganization(request));
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason });
    }
    const byKey = await refusalOf(deletionsOf(key).deleteOrganization(request));
    expect(byKey.code).toBe(Code.PermissionDenied);
    const { identityId, sessionId, email, orgId } = sam;
    const old = await s.server.app
      .get(AccessTokens, { strict: false })
      .issue({ identityId, sessionId, email, orgId, provenAt: Date.now() - 3600_000 });
    const stale: Actor = {
      ...sam,
      client: (service) => s.client(service, { authorization: `Bearer ${old.token}` }),
    };
    expect(await refusalOf(deletionsOf(stale).deleteOrganization(request))).toMatchObject({
      code: Code.Unauthenticated,
      reason: 'INSUFFICIENT_USER_AUTHENTICATION',
    });
    expect(await remains(org.id)).toBeUndefined();
    await sam.client(RoleService).listRoles({});
  });

  test('with any name but its own, and for a sandbox', async () => {
    const { org, name, sam } = await doomed(s);
    for (const confirmationName of ['', ` ${name}`, name.toUpperCase(), `${name}.`, 'Other']) {
      const refused = await refusalOf(deletionsOf(sam).deleteOrganization({ confirmationName }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['confirmation_name'] });
    }
    const none = { code: Code.NotFound, reason: 'DELETION_NOT_FOUND' };
    expect(await refusalOf(deletionsOf(sam).getOrganizationDeletion({}))).toMatchObject(none);
    expect(await refusalOf(deletionsOf(sam).cancelOrganizationDeletion({}))).toMatchObject(none);
    await s.database.query('update organization set org_type = 2 where id = $1', [org.id]);
    const refused = await refusalOf(deletionsOf(sam).deleteOrganization({ confirmationName: name }));
    expect(refused).toMatchObject({ code: Code.FailedPrecondition, reason: 'ORGANIZATION_IS_SANDBOX' });
  });

  test('twice, also at once', async () => {
    const { org, name, sam, sue } = await doomed(s);
    const request = { confirmationName: name };
    const outcomes = await Promise.allSettled(
      [sam, sue, sam, sue].map((who) => deletionsOf(who).deleteOrganization(request)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(deletionsOf(sue).deleteOrganization(request))).toMatchObject(shut);
    expect(await auditOf(s, org.id)).toHaveLength(1);
  });
});

describe('an organization whose deletion was requested', () => {
  test('is shut at once for all but seeing and cancelling that; all super admins are told', async () => {
    const { org, name, sam, sue } = await doomed(s);
    const erin = await addMember(s, org, { email: `erin-${randomUUID()}@doomed.example`, role: 'employee' });
    const key = await addApiKey(s, org, organizationPermissions);
    await key.client(OrganizationService).getOrganization({});
    const { deletion, advice } = await deletionsOf(sam).deleteOrganization({ confirmationName: name });
    expect(advice).toContain('ExportOrgData');
    const [requestedAt, dueAt] = [deletion?.requestedAt, deletion?.dueAt].map(
      (at) => at && timestampDate(at),
    );
    expect(Number(dueAt) - Number(requestedAt)).toBe(7 * DAY_MS);
    for (const who of [sam, sue, erin, key]) await untilShut(who);
    for (const call of [
      () => key.client(OrganizationService).getOrganization({}),
      () => key.client(AuthService).whoAmI({}),
      () => sam.client(OrganizationService).updateOrganization({ name: 'Alive' }),
      () => deletionsOf(sam).deleteOrganization({ confirmationName: name }),
    ]) {
      expect(await refusalOf(call())).toMatchObject(shut);
    }
    expect((await deletionsOf(sue).getOrganizationDeletion({})).deletion).toEqual(deletion);
    expect((await sue.client(OrganizationService).getOrganization({})).organization?.name).toBe(name);
    // On a new device, with nothing but the address.
    const fresh = await signIn(s, sue.email);
    const again = s.client(AuthService, { authorization: `Bearer ${fresh.accessToken}` });
    expect((await again.whoAmI({})).orgId).toBe(org.id);
    for (const { email } of [sam, sue]) {
      const [mail] = await eventually('the mail', async () => {
        const mails = (await mailsTo(s, email)).filter((body) => body.includes('requested the deletion'));
        return mails.length === 1 && mails;
      });
      for (const said of [name, org.id, sam.email, 'ExportOrgData', 'CancelOrganizationDeletion'])
        expect(mail).toContain(said);
    }
    expect(await mailsTo(s, erin.email)).toEqual([]);
    // Nothing is gone before its time.
    await sweep(s.database);
    await eventually('the sweep', async () => {
      const jobs = await s.database.query(
        `select from graphile_worker.jobs where task_identifier in ('organization.sweep', 'organization.purge')
            and run_at <= now()`,
      );
      return jobs.length === 0;
    });
    expect((await deletionsOf(sue).getOrganizationDeletion({})).deletion).toEqual(deletion);
  });

  test('opens again when that is cancelled: by a super admin, who tells the others', async () => {
    const { org, name, sam, sue } = await doomed(s);
    const admin = await addMember(s, org, { email: `adam-${randomUUID()}@doomed.example`, role: 'admin' });
    const key = await addApiKey(s, org, organizationPermissions);
    await deletionsOf(sam).deleteOrganization({ confirmationName: name });
    await untilShut(admin);
    await untilShut(key);
    expect(await refusalOf(deletionsOf(admin).cancelOrganizationDeletion({}))).toMatchObject({
      code: Code.PermissionDenied,
      reason: 'SUPER_ADMIN_REQUIRED',
    });
    expect(await refusalOf(deletionsOf(key).cancelOrganizationDeletion({}))).toMatchObject(shut);
    await deletionsOf(sue).cancelOrganizationDeletion({});
    for (const who of [sam, admin, key]) {
      await eventually('it answers', () =>
        who
          .client(RoleService)
          .listRoles({})
          .then(
            () => true,
            () => false,
          ),
      );
    }
    for (const { email } of [sam, sue]) {
      await eventually('the mail', async () =>
        (await mailsTo(s, email)).some((body) => body.includes(`${sue.email} has cancelled the deletion`)),
      );
    }
    const types = (await auditOf(s, org.id)).map(({ event_type: type }) => type);
    expect(types).toEqual(['ORG_DELETED', 'ORG_UPDATED']);
    await requestedEarlier(s.database, org.id, 8);
    expect(await remains(org.id)).toBeUndefined();
    // And it can be requested again.
    await deletionsOf(sam).deleteOrganization({ confirmationName: name });
  });

  test('has its running campaigns cancelled, and no others', async () => {
    const { org, name, sam } = await doomed(s);
    const ada = await addRecipient(s, org, 'ada');
    const running = await runningCampaign(sam, [ada.userId]);
    const { acme, max } = cast;
    const theirs = await runningCampaign(max, [(await addRecipient(s, acme, 'bo')).userId]);
    await untilStep(max, theirs, 'wait');
    await deletionsOf(sam).deleteOrganization({ confirmationName: name });
    await eventually('the campaign is cancelled', async () => {
      const rows = await s.database.query('select from campaign where id = $1 and status = $2', [
        running,
        CampaignStatus.CANCELLED,
      ]);
      return rows.length === 1;
    });
    const { campaign } = await max.client(CampaignService).getCampaign({ campaignId: theirs });
    expect(campaign?.status).toBe(CampaignStatus.RUNNING);
  });

  test('has the rest of them cancelled by another job, when one has to yield its slot', async () => {
    const { org, name, sam } = await doomed(s);
    const ada = await addRecipient(s, org, 'ada');
    const running = await runningCampaign(sam, [ada.userId]);
    const isCancelled = async (): Promise<boolean> => {
      const rows = await s.database.query('select from campaign where id = $1 and status = $2', [
        running,
        CampaignStatus.CANCELLED,
      ]);
      return rows.length === 1;
    };
    await deletionsOf(sam).deleteOrganization({ confirmationName: name });
    await eventually('the campaign is cancelled', isCancelled);
    // As one of many that the first job did not come to; a trigger forbids the change.
    await s.database.query('set session_replication_role = replica');
    await s.database.query('update campaign set status = $2, completed_at = null where id = $1', [
      running,
      CampaignStatus.RUNNING,
    ]);
    await s.database.query('set session_replication_role = origin');
    const { app } = s.server;
    const origin: ScopeOrigin = { caller: { kind: 'system', orgId: org.id }, requestId: 'spec' };
    await app.get(StopCampaigns, { strict: false }).handle(
      {},
      {
        ...{ orgId: org.id, jobId: 'spec', signal: AbortSignal.abort() },
        run: (work) => app.get(Scopes, { strict: false }).run(origin, work),
      },
    );
    await eventually('the next job cancels it', isCancelled);
  });
});

describe('when the time has come', () => {
  test('everything is gone, in every table and the object store, and nothing of anybody else', async () => {
    const { org, name, sam, sue } = await doomed(s);
    const { other, mallory } = cast;
    const objects = s.server.app.get(ObjectStore, { strict: false });
    const files = [org.id, other.id].map((id) => `${id}/${randomUUID()}/file.csv`);
    for (const file of files) await objects.put(file, Readable.from(['a,b']), 'text/csv');
    // A member of both stays in the other one.
    await addMember(s, other, { email: sue.email, role: 'employee' });
    await plantRows(s.database, await tenantTables(s.database), org.id, `planted-${org.id}`);
    const before = await tablesHolding(s.database, other.id);
    await deletionsOf(sam).deleteOrganization({ confirmationName: name });
    await requestedEarlier(s.database, org.id, 8);
    await sweep(s.database);
    await untilGone(s.database, org.id);
    expect(await tablesHolding(s.database, org.id)).toEqual([]);
    // Its use is counted each minute: more may have come.
    expect(await tablesHolding(s.database, other.id)).toEqual(expect.arrayContaining(before));
    expect(await remains(org.id)).toMatchObject({
      requested_by: sam.userId,
      purged_at: expect.any(Date),
      sealed_notice: null,
    });
    for (const { email } of [sam, sue]) {
      await eventually('the mail', async () =>
        (await mailsTo(s, email)).some((body) => body.includes('everything in it have been deleted')),
      );
    }
    await eventually('the files', async () => {
      const [gone, kept] = await Promise.all(files.map(async (file) => fetchLink(objects, file)));
      return gone === 404 && kept === 200;
    });
    expect((await refusalOf(sam.client(RoleService).listRoles({}))).reason).toBe('NOT_A_MEMBER');
    expect((await inside(sue, other.id).client(AuthService).whoAmI({})).orgId).toBe(other.id);
    const people = await s.database.query('select from identity where email = any ($1)', [
      [sam.email, sue.email],
    ]);
    expect(people).toHaveLength(2);
    await mallory.client(RoleService).listRoles({});
    const { organization } = await sam.client(OrganizationService).createOrganization({ name });
    expect(organization?.name).toBe(name);
  });

  async function fetchLink(objects: ObjectStore, key: string): Promise<number> {
    const link = await objects.link(key, { filename: 'file.csv', contentType: 'text/csv' });
    return (await fetch(s.url + new URL(link).pathname)).status;
  }

  test('a purge that was interrupted goes on, and is not cancelled any more', async () => {
    const { org, name, sam } = await doomed(s);
    // Of a table whose turn comes before that of the members.
    await s.database.query(
      `insert into audit_event (org_id, id, event_type, actor_kind, actor_id, entity_type, entity_id, metadata, request_id, created_at)
       select $1::uuid, gen_random_uuid(), 'ORG_UPDATED', 'system', '', 'organization', ($1::uuid)::text, '{}', '', now()
         from generate_series(1, 1500)`,
      [org.id],
    );
    await deletionsOf(sam).deleteOrganization({ confirmationName: name });
    const piece = () =>
      s.server.app
        .get(Scopes, { strict: false })
        .run({ caller: { kind: 'system', orgId: org.id }, requestId: 'piece' }, (scope) =>
          s.server.app.get(OrganizationDeletions, { strict: false }).purge(scope),
        );
    await expect(piece()).rejects.toMatchObject({ code: '42501' });
    await requestedEarlier(s.database, org.id, 8);
    expect(await piece()).toBe('more');
    const late = await refusalOf(deletionsOf(sam).cancelOrganizationDeletion({}));
    expect(late).toMatchObject({ code: Code.FailedPrecondition, reason: 'DELETION_BEGUN' });
    await sweep(s.database);
    await untilGone(s.database, org.id);
    expect(await piece()).toBe('gone');
    await eventually('one mail', async () => {
      const mails = await mailsTo(s, sam.email);
      return mails.filter((body) => body.includes('have been deleted')).length === 1;
    });
  });

  test('cancelling and purging at once end in one of the two', async () => {
    const outcomes: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const { org, name, sam } = await doomed(s);
      await deletionsOf(sam).deleteOrganization({ confirmationName: name });
      await requestedEarlier(s.database, org.id, 8);
      const holder = new Client({ connectionString: s.database.ownerUrl });
      await holder.connect();
      await holder.query('begin');
      await holder.query('select from organization where id = $1 for update', [org.id]);
      const cancelling = deletionsOf(sam)
        .cancelOrganizationDeletion({})
        .then(
          () => 'open',
          () => 'gone',
        );
      await sweep(s.database);
      await eventually('both wait', async () => {
        const rows = await s.database.query(
          `select from pg_stat_activity where usename = 'dovecote_app' and datname = current_database()
              and state = 'active' and wait_event_type = 'Lock'`,
        );
        return rows.length >= 2;
      });
      await holder.query('rollback');
      await holder.end();
      const outcome = await cancelling;
      outcomes.push(outcome);
      if (outcome === 'gone') {
        await untilGone(s.database, org.id);
      } else {
        await eventually('it answers', () =>
          sam
            .client(RoleService)
            .listRoles({})
            .then(
              () => true,
              () => false,
            ),
        );
        expect(await remains(org.id)).toBeUndefined();
      }
    }
    expect(outcomes).toHaveLength(4);
  });
});
