import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConnectionService, ConnectionState } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { GroupTarget, ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { ApiKeyService, KeyType } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { accessTable } from '../../src/platform/access/index.js';
import { services } from '../../src/platform/access/access-table.js';
import { addApiKey, addMember, addOrganization } from '../support/cast.js';
import { auditOf } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { exampleRequest } from '../support/requests.js';
import {
  connect,
  newToken,
  newUser,
  patchOf,
  scimDirectory,
  type ScimWorld,
  startScimWorld,
} from '../support/scim.js';
import { startTestServer } from '../support/test-server.js';

let world: ScimWorld;

beforeAll(async () => {
  world = await startScimWorld();
});

afterAll(() => world?.stop());

const scimService = (actor = world.cast.alice) => actor.client(ScimService);

/** A token as pidgr.v1 makes it, without a connection. */
async function contractToken(actor = world.cast.alice, permissions = [P.MEMBERS_MANAGE]): Promise<string> {
  const { key } = await actor
    .client(ApiKeyService)
    .createApiKey({ name: 'Directory', permissions, keyType: KeyType.SCIM_TOKEN });
  return key;
}

describe('nobody comes in', () => {
  test.each([
    ['nothing', ''],
    ['a guess', `pidgr_scim_${'a'.repeat(49)}`],
    ['another scheme', 'x y'],
  ])('with %s', async (_what, token) => {
    const reply = await scimDirectory(world.s, token)('GET', '/Users');
    expect(reply).toMatchObject({ status: 401, body: { status: '401' } });
    expect(reply.headers.get('www-authenticate')).toContain('Bearer');
    expect(reply.headers.get('x-request-id')).toBeTruthy();
  });

  test('with an API key, or as a person', async () => {
    for (const { headers } of [world.cast.kiosk, world.cast.alice]) {
      const token = headers.authorization.replace('Bearer ', '');
      expect((await scimDirectory(world.s, token)('GET', '/Users')).status).toBe(401);
    }
  });

  test('with a token that was revoked, at once', async () => {
    const { token, secret } = await scimService().createScimToken({
      connectionId: world.connection.id,
      name: 'Soon gone',
    });
    const scim = scimDirectory(world.s, secret);
    expect((await scim('GET', '/Users?count=1')).status).toBe(200);
    await scimService().revokeScimToken({ tokenId: token?.id });
    expect((await scim('GET', '/Users')).status).toBe(401);
    await scimService().revokeScimToken({ tokenId: token?.id });
    const { tokens } = await scimService().listScimTokens({ connectionId: world.connection.id });
    expect(tokens.map(({ id }) => id)).not.toContain(token?.id);
    expect((await auditOf(world.s, token?.id ?? '')).map((event) => event.event_type)).toEqual([
      'API_KEY_CREATED',
      'API_KEY_REVOKED',
    ]);
  });

  test('with a token that has expired', async () => {
    const expiresAt = timestampFromDate(new Date(Date.now() + 60_000));
    const { secret } = await scimService().createScimToken({
      connectionId: world.connection.id,
      name: 'Short',
      expiresAt,
    });
    const scim = scimDirectory(world.s, secret);
    expect((await scim('GET', '/Users?count=1')).status).toBe(200);
    await world.s.travel(61_000);
    expect((await scim('GET', '/Users')).status).toBe(401);
  });

  test('to RPCs with a SCIM token', async () => {
    const headers = { authorization: `Bearer ${world.token}` };
    for (const service of services) {
      for (const method of service.methods.filter(({ methodKind }) => methodKind === 'unary')) {
        // Calls that need no credential do not look at one.
        if (accessTable.get(`/${service.typeName}/${method.name}`)?.callers.has('anonymous')) continue;
        const client: Record<string, (request: unknown) => Promise<unknown>> = Object(
          world.s.client(service, headers),
        );
        const refusal = await refusalOf(client[method.localName]!(exampleRequest(method)));
        expect([method.name, refusal.code]).toEqual([method.name, Code.Unauthenticated]);
      }
    }
  });

  test.each([
    ['suspended', 'suspended_at = now()', 'suspended_at = null'],
    ['over', `org_type = 2, expires_at = now() - interval '1 second'`, 'org_type = 1, expires_at = null'],
  ])('to an organization that is %s', async (_what, change, undone) => {
    const set = (what: string) =>
      world.s.database.query(`update organization set ${what} where id = $1`, [world.cast.acme.id]);
    const scim = scimDirectory(world.s, await contractTokenWithBinding());
    await set(change);
    const replies = [await scim('GET', '/Users'), await scim('POST', '/Users', { body: newUser() })];
    await set(undone);
    expect(replies.map(({ status }) => status)).toEqual([403, 403]);
  });

  test('who guesses, for long', async () => {
    const limited = await startTestServer({
      env: { ANONYMOUS_RATE_LIMIT_PER_SECOND: '1', ANONYMOUS_RATE_LIMIT_BURST: '3' },
    });
    try {
      const guess = () => scimDirectory(limited, `pidgr_scim_${'a'.repeat(49)}`)('GET', '/Users');
      const replies = await manyAtOnce(guess);
      expect([...new Set(replies.map(({ status }) => status))].sort()).toEqual([401, 429]);
      expect(replies.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(3);
      const refused = replies.find(({ status }) => status === 429);
      expect(refused?.headers.get('retry-after')).toBe('1');
    } finally {
      await limited.stop();
    }
  });

  test('above the limit of the organization', async () => {
    const { acme } = world.cast;
    const limit = (perSecond: number | null, burst: number | null) =>
      world.s.database.query(
        'update organization set rate_limit_per_second = $2, rate_limit_burst = $3 where id = $1',
        [acme.id, perSecond, burst],
      );
    await limit(1, 2);
    const scim = scimDirectory(world.s, await contractTokenWithBinding());
    const replies = await manyAtOnce(() => scim('GET', '/Users'));
    await limit(null, null);
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
    const refused = replies.find(({ status }) => status !== 200);
    expect(refused).toMatchObject({ status: 429, body: { status: '429' } });
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused?.headers.get('ratelimit-policy')).toContain('q=2');
  });
});

/** More than a limit of one a second admits while they are under way, on a slow machine too. */
function manyAtOnce<T>(call: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: 30 }, call));
}

/** A fresh one: what a process remembers of an organization goes with the token it was found by. */
function contractTokenWithBinding(): Promise<string> {
  return newToken(world.cast.kiosk, world.connection.id);
}

describe('a token', () => {
  test('is made by whoever may do what its connection may, for a connection of theirs', async () => {
    const { alice, mallory, erin } = world.cast;
    const request = { connectionId: world.connection.id, name: 'Mine' };
    expect((await refusalOf(scimService(erin).createScimToken(request))).code).toBe(Code.PermissionDenied);
    expect((await refusalOf(scimService(mallory).createScimToken(request))).code).toBe(Code.NotFound);
    const email = 'admin-of-tokens@acme.example';
    const admin = await addMember(world.s, world.cast.acme, { email, role: 'admin' });
    expect((await refusalOf(scimService(admin).createScimToken(request))).reason).toBe('GRANT_EXCEEDS_OWN');
    for (const call of [
      () => scimService(mallory).listScimTokens({ connectionId: world.connection.id }),
      () => scimService(mallory).getScimSettings({ connectionId: world.connection.id }),
      () => scimService(mallory).setScimPaused({ connectionId: world.connection.id, paused: true }),
      () => scimService(mallory).setGroupMappings({ connectionId: world.connection.id }),
    ]) {
      expect((await refusalOf(call())).code).toBe(Code.NotFound);
    }
    const { settings } = await scimService(alice).getScimSettings({ connectionId: world.connection.id });
    expect(settings).toMatchObject({ baseUrl: 'https://dovecote.example/scim/v2', paused: false });
  });

  test('is what is revoked as one: no other key is', async () => {
    const { kiosk } = world.cast;
    const refusal = await refusalOf(scimService().revokeScimToken({ tokenId: kiosk.userId }));
    expect(refusal.code).toBe(Code.NotFound);
    await kiosk.client(ApiKeyService).listApiKeys({});
  });

  test('that names no connection works while there is one, and says so when there are several', async () => {
    const organization = await addOrganization(world.s, 'Third');
    const email = 'boss@third.example';
    const boss = await addMember(world.s, organization, { email, role: 'super_admin' });
    const scim = scimDirectory(world.s, await contractToken(boss));
    const none = await scim('GET', '/Users');
    expect(none).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('no connection yet') },
    });
    await connect(boss, world.provider);
    expect((await scim('GET', '/Users')).body.totalResults).toBe(1);
    const powerless = scimDirectory(world.s, await contractToken(boss, [P.ORG_READ]));
    expect(await powerless('GET', '/Users')).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('MEMBERS_MANAGE') },
    });
    await connect(boss, world.provider);
    const several = await scim('GET', '/Users');
    expect(several).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('CreateScimToken') },
    });
  });

  test('changes nobody who may do more than it', async () => {
    const small = scimDirectory(world.s, await contractToken(world.cast.alice, [P.MEMBERS_MANAGE]));
    const { body: user } = await world.scim('POST', '/Users', { body: newUser() });
    const patch = patchOf({ op: 'replace', path: 'active', value: false });
    const reply = await small('PATCH', `/Users/${user.id}`, { body: patch });
    expect(reply).toMatchObject({ status: 403, body: { detail: expect.stringContaining('Employee') } });
    expect((await small('POST', '/Users', { body: newUser() })).status).toBe(403);
    expect((await world.scim('GET', `/Users/${user.id}`)).body.active).toBe(true);
  });

  test('ends with its connection, and does not slip into another', async () => {
    const second = await connect(world.cast.alice, world.provider);
    const scim = scimDirectory(world.s, await newToken(world.cast.alice, second.id));
    expect((await scim('GET', '/Users?count=0')).status).toBe(200);
    const connections = world.cast.alice.client(ConnectionService);
    await connections.updateConnection({ connectionId: second.id, state: ConnectionState.DISABLED });
    expect(await scim('GET', '/Users')).toMatchObject({ status: 403 });
    await connections.deleteConnection({ connectionId: second.id });
    const reply = await scim('GET', '/Users');
    expect(reply).toMatchObject({ status: 403, body: { detail: expect.stringContaining('was deleted') } });
  });
});

test('a paused directory waits', async () => {
  const connectionId = world.connection.id;
  await scimService().setScimPaused({ connectionId, paused: true });
  await scimService().setScimPaused({ connectionId, paused: true });
  const reply = await world.scim('POST', '/Users', { body: newUser() });
  expect(reply).toMatchObject({ status: 503, body: { status: '503' } });
  expect(reply.headers.get('retry-after')).toBe('300');
  expect((await world.foreign('GET', '/Users')).status).toBe(200);
  await scimService().setScimPaused({ connectionId, paused: false });
  expect((await world.scim('POST', '/Users', { body: newUser() })).status).toBe(201);
  const changes = (await auditOf(world.s, connectionId)).map(({ metadata }) => Object(metadata).change);
  expect(changes.filter((change) => /scim/.test(change))).toEqual(['scim_paused', 'scim_resumed']);
});

describe('group mappings are refused', () => {
  test('where the target is not there, or is everybody’s', async () => {
    const [everyone] = await world.s.database.query<{ id: string }>(
      `select id from roster where org_id = $1 and kind = 'team' and is_default`,
      [world.cast.acme.id],
    );
    const missing = world.cast.other.roles.employee;
    const targets = [
      [GroupTarget.TEAM, missing],
      [GroupTarget.GROUP, missing],
      [GroupTarget.ROLE, missing],
      [GroupTarget.TEAM, everyone!.id],
    ] as const;
    const mappings = targets.map(([target, targetId]) => ({ group: 'Any', target, targetId }));
    const { setGroupMappings } = scimService();
    const connectionId = world.connection.id;
    for (const mapping of mappings) {
      expect(await refusalOf(setGroupMappings({ connectionId, groupMappings: [mapping] }))).toMatchObject({
        code: Code.InvalidArgument,
        fields: ['group_mappings[0].target_id'],
      });
    }
    expect(await refusalOf(setGroupMappings({ connectionId, groupMappings: mappings }))).toMatchObject({
      fields: mappings.map((_, index) => `group_mappings[${index}].target_id`),
    });
  });

  test('where they give more than one may', async () => {
    const email = 'admin-of-mappings@acme.example';
    const admin = await addMember(world.s, world.cast.acme, { email, role: 'admin' });
    const targetId = world.cast.acme.roles.super_admin;
    const groupMappings = [{ group: 'Bosses', target: GroupTarget.ROLE, targetId }];
    const call = scimService(admin).setGroupMappings({ connectionId: world.connection.id, groupMappings });
    expect((await refusalOf(call)).reason).toBe('GRANT_EXCEEDS_OWN');
    const { team } = await world.cast.alice.client(TeamService).createTeam({ name: 'Mapped' });
    const clerk = await addApiKey(world.s, world.cast.acme, [P.ORG_READ, P.ORG_WRITE, P.MEMBERS_MANAGE]);
    const toTeam = scimService(clerk).setGroupMappings({
      connectionId: world.connection.id,
      groupMappings: [{ group: 'Team', target: GroupTarget.TEAM, targetId: team?.id }],
    });
    expect((await refusalOf(toTeam)).reason).toBe('PERMISSION_MISSING');
  });
});

describe('discovery', () => {
  test('tells what there is', async () => {
    const config = await world.scim('GET', '/ServiceProviderConfig');
    expect(config.body).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      sort: { supported: false },
    });
    for (const [method, path] of [
      ['POST', '/Bulk'],
      ['GET', '/Me'],
    ] as const) {
      const { status, body } = await world.scim(method, path, { body: method === 'POST' ? {} : undefined });
      expect({ path, status, detail: body.detail }).toMatchObject({
        status: 501,
        detail: expect.stringContaining('not supported'),
      });
    }
    const types = await world.scim('GET', '/ResourceTypes');
    expect(types.body.Resources.map(({ id }) => id)).toEqual(['User', 'Group']);
    expect((await world.scim('GET', '/ResourceTypes/User')).body.endpoint).toBe('/Users');
    const schemas = await world.scim('GET', '/Schemas');
    for (const { id } of schemas.body.Resources) {
      expect((await world.scim('GET', `/Schemas/${id}`)).body.id).toBe(id);
    }
  });

  test('refuses what there is not', async () => {
    expect((await world.scim('GET', '/Schemas/urn:nothing')).status).toBe(404);
    expect((await world.scim('GET', '/Nothing')).body).toMatchObject({ status: '404' });
    expect((await world.scim('DELETE', '/Users')).body).toMatchObject({ status: '405' });
    expect((await world.scim('POST', '/Schemas', { body: {} })).status).toBe(405);
    expect((await world.scim('GET', '/Schemas?filter=id+pr')).status).toBe(403);
  });
});
