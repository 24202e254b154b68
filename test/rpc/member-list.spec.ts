import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { hire, invite, members, newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});

afterAll(() => s.stop());

describe('the list of members', () => {
  test('is newest first, in pages, in every status, with an exact count', async () => {
    const organization = await addOrganization(s, 'Listed');
    const lea = await addMember(s, organization, { email: newEmail(), role: 'super_admin' });
    const ids = [lea.userId];
    for (let index = 0; index < 24; index += 1) {
      const status = [UserStatus.INVITED, UserStatus.ACTIVE, UserStatus.DEACTIVATED][index % 3];
      ids.push((await addMember(s, organization, { email: newEmail(), role: 'employee', status })).userId);
    }
    // Made at the same moment: the id decides.
    await s.database.query(`update member set created_at = date_trunc('hour', now()) where org_id = $1`, [
      organization.id,
    ]);
    const first = await members(lea).listUsers({});
    expect(first.users).toHaveLength(20);
    expect(first.pagination?.totalCount).toBe(25);
    const pagination = { pageSize: 1000, pageToken: first.pagination?.nextPageToken };
    const second = await members(lea).listUsers({ pagination });
    expect(second.pagination).toMatchObject({ nextPageToken: '', totalCount: 25 });
    const listed = [...first.users, ...second.users].map(({ id }) => id);
    expect(listed).toEqual([...ids].sort().reverse());
  });

  test('has an exact count whoever comes, goes and comes back at the same moment', async () => {
    const { alice, acme } = cast;
    const here = await Promise.all(Array.from({ length: 6 }, () => hire(s, acme)));
    const invited = await Promise.all(Array.from({ length: 4 }, () => invite(alice)));
    const out = here.slice(0, 3);
    await Promise.all(out.map(({ userId }) => members(alice).deactivateUser({ userId })));
    await Promise.all([
      ...here.slice(3).map(({ userId }) => members(alice).deactivateUser({ userId })),
      ...out.slice(1).map(({ userId }) => members(alice).reactivateUser({ userId })),
      ...invited.slice(1).map(({ id }) => members(alice).revokeInvite({ userId: id })),
      members(alice).bulkInviteUsers({ emails: [newEmail(), newEmail()] }),
    ]);
    const [actual] = await s.database.query<{ all: number; deactivated: number }>(
      `select count(*)::int as all, (count(*) filter (where status = 3))::int as deactivated
         from member where org_id = $1`,
      [acme.id],
    );
    const { pagination } = await members(alice).listUsers({});
    expect(pagination?.totalCount).toBe(actual?.all);
    const counted = await s.database.query(
      'select sum(deactivated)::int as deactivated from headcount where org_id = $1 and subject_id = $1',
      [acme.id],
    );
    expect(counted).toEqual([{ deactivated: actual?.deactivated }]);
  });

  test('does not take the page token of another organization', async () => {
    const { pagination } = await members(cast.alice).listUsers({ pagination: { pageSize: 1 } });
    const pageToken = pagination?.nextPageToken;
    const refused = await refusalOf(members(cast.mallory).listUsers({ pagination: { pageToken } }));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['pagination.page_token'] });
  });
});
