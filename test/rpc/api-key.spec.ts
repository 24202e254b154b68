import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashSecret } from '@dovecote/secret';
import { ApiKeyService, KeyType } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { type Actor, addApiKey, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const unknownId = '0199aaaa-0000-7000-8000-000000000000';
const hour = 3_600_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});

afterAll(() => s.stop());

const keys = (who: Actor) => who.client(ApiKeyService);
const inFuture = (milliseconds: number) => timestampFromDate(new Date(Date.now() + milliseconds));

async function create(who: Actor, extra: { permissions?: P[]; keyType?: KeyType } = {}) {
  const { apiKey, key } = await keys(who).createApiKey({
    name: 'CI',
    permissions: [P.ORG_READ],
    ...extra,
  });
  if (!apiKey) throw new Error('No key came back.');
  return { apiKey, key, roles: s.client(RoleService, { authorization: `Bearer ${key}` }) };
}

async function auditOf(entityId: string): Promise<string[]> {
  const rows = await s.database.query<{ event_type: string }>(
    'select event_type from audit_event where entity_id = $1 order by id',
    [entityId],
  );
  return rows.map(({ event_type }) => event_type);
}

describe('the keys of another organization', () => {
  test('are neither listed nor revoked', async () => {
    const { apiKey, roles } = await create(cast.alice);
    const listed = await keys(cast.mallory).listApiKeys({});
    expect(listed.apiKeys.map(({ id }) => id)).not.toContain(apiKey.id);
    const refused = await refusalOf(keys(cast.mallory).revokeApiKey({ apiKeyId: apiKey.id }));
    expect(refused.code).toBe(Code.NotFound);
    await roles.listRoles({});
  });
});

describe('a key is refused', () => {
  test('to who may not change the organization', async () => {
    for (const who of [cast.max, cast.erin]) {
      const refused = await refusalOf(create(who));
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
    }
    const refused = await refusalOf(keys(cast.erin).listApiKeys({}));
    expect(refused.code).toBe(Code.PermissionDenied);
  });

  test('without a name, without permissions, with an unknown one', async () => {
    const bad = [
      { name: '', permissions: [P.ORG_READ] },
      { name: 'x'.repeat(201), permissions: [P.ORG_READ] },
      { name: 'x', permissions: [] },
      { name: 'x', permissions: [P.UNSPECIFIED] },
      { name: 'x', permissions: [9999 as P] },
    ];
    for (const request of bad) {
      const refused = await refusalOf(keys(cast.alice).createApiKey(request));
      expect(refused.code).toBe(Code.InvalidArgument);
    }
  });

  test('when it ends in the past, or now', async () => {
    for (const expiresAt of [inFuture(-1000), { seconds: 0n, nanos: 0 }]) {
      const refused = await refusalOf(
        keys(cast.alice).createApiKey({ name: 'old', permissions: [P.ORG_READ], expiresAt }),
      );
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['expires_at'] });
    }
  });

  test("when it would hold what is the platform's", async () => {
    const refused = await refusalOf(create(cast.alice, { permissions: [P.ORG_READ, P.PLATFORM_SUPPORT] }));
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PLATFORM_PERMISSION' });
  });

  test('when it would hold what neither it can use nor whoever it provisions', async () => {
    for (const useless of [P.AUDIT_READ, P.INBOX_READ, P.INBOX_ACT]) {
      const refused = await refusalOf(create(cast.alice, { permissions: [P.ORG_READ, useless] }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['permissions'] });
      expect(refused.message).toContain(`PERMISSION_${P[useless]}`);
      // Nobody gives what they do not hold: it takes these to let employees in.
      await create(cast.alice, { permissions: [P.MEMBERS_INVITE, useless] });
      await create(cast.mallory, { permissions: [P.ORG_READ, useless], keyType: KeyType.SCIM_TOKEN });
    }
    const known = await addApiKey(s, cast.acme, [P.ORG_READ, P.AUDIT_READ]);
    await known.client(RoleService).listRoles({});
  });

  test('when it would hold more than its maker, be that a person or a key', async () => {
    const maker = await addApiKey(s, cast.acme, [P.ORG_WRITE, P.ORG_READ]);
    const refused = await refusalOf(create(maker, { permissions: [P.ORG_READ, P.MEMBERS_READ] }));
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'GRANT_EXCEEDS_OWN' });
    expect(refused.message).toContain('PERMISSION_MEMBERS_READ');
    await create(maker, { permissions: [P.ORG_READ, P.ORG_WRITE] });
  });

  test('when it would outlive the key that makes it', async () => {
    const { key } = await keys(cast.alice).createApiKey({
      name: 'short',
      permissions: [P.ORG_WRITE],
      expiresAt: inFuture(hour),
    });
    const maker = s.client(ApiKeyService, { authorization: `Bearer ${key}` });
    for (const expiresAt of [undefined, inFuture(2 * hour)]) {
      const refused = await refusalOf(
        maker.createApiKey({ name: 'long', permissions: [P.ORG_WRITE], expiresAt }),
      );
      expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'GRANT_EXCEEDS_OWN' });
    }
    await maker.createApiKey({ name: 'shorter', permissions: [P.ORG_WRITE], expiresAt: inFuture(hour / 2) });
  });

  test('beyond 200 in use, also when the last place is asked for many times at once', async () => {
    const crowded = await addOrganization(s, 'Crowded');
    const maker = await addApiKey(s, crowded, [P.ORG_WRITE, P.ORG_READ]);
    // Neither an expired nor a revoked key takes a place.
    await s.database.query(
      `insert into api_key (org_id, id, name, key_type, key_hash, key_prefix, last_four, permissions,
                            created_at, expires_at, revoked_at)
       select $1, gen_random_uuid(), 'k' || n, 1, sha256(('k' || n)::bytea), 'p', 'xxxx', '{1}', now(),
              case when n = 199 then now() - interval '1 hour' end, case when n = 200 then now() end
         from generate_series(1, 200) n`,
      [crowded.id],
    );
    const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => create(maker)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = await refusalOf(create(maker));
    expect(refused).toMatchObject({ code: Code.ResourceExhausted, reason: 'API_KEY_LIMIT' });
  });
});

describe('a new key', () => {
  test('is shown once, kept as a hash, works, and is in the trail', async () => {
    const { apiKey, key, roles } = await create(cast.alice);
    expect(key).toMatch(/^pidgr_k_[0-9A-Za-z]{49}$/);
    expect(apiKey).toMatchObject({ name: 'CI', keyType: KeyType.API_KEY, permissions: [P.ORG_READ] });
    expect(key.startsWith(apiKey.keyPrefix)).toBe(true);
    await roles.listRoles({});
    const [row] = await s.database.query<{ key_hash: Buffer; row: string; last_four: string }>(
      'select key_hash, last_four, api_key::text as row from api_key where id = $1',
      [apiKey.id],
    );
    expect(row?.key_hash).toEqual(hashSecret(key));
    expect(row?.last_four).toBe(key.slice(-4));
    expect(row?.row).not.toContain(key);
    expect(JSON.stringify(s.logLines())).not.toContain(key);
    expect(await auditOf(apiKey.id)).toEqual(['API_KEY_CREATED']);
  });

  test('for SCIM has the prefix of its own, and the list tells the types apart', async () => {
    const { apiKey, key } = await create(cast.alice, { keyType: KeyType.SCIM_TOKEN });
    expect(key).toMatch(/^pidgr_scim_/);
    const scim = await keys(cast.alice).listApiKeys({ keyType: KeyType.SCIM_TOKEN });
    expect(scim.apiKeys.map(({ id }) => id)).toEqual([apiKey.id]);
    const plain = await keys(cast.alice).listApiKeys({ keyType: KeyType.API_KEY });
    expect(plain.apiKeys.map(({ id }) => id)).not.toContain(apiKey.id);
  });

  test('leads the list', async () => {
    const first = await create(cast.alice);
    const second = await create(cast.alice);
    const { apiKeys } = await keys(cast.kiosk).listApiKeys({});
    expect(apiKeys.slice(0, 2).map(({ id }) => id)).toEqual([second.apiKey.id, first.apiKey.id]);
  });
});

describe('a revoked key', () => {
  test('is refused at once, leaves the list, and may be revoked again without a second event', async () => {
    const { apiKey, roles } = await create(cast.alice);
    await roles.listRoles({});
    await keys(cast.alice).revokeApiKey({ apiKeyId: apiKey.id.toUpperCase() });
    const refused = await refusalOf(roles.listRoles({}));
    expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'API_KEY_INVALID' });
    const { apiKeys } = await keys(cast.alice).listApiKeys({});
    expect(apiKeys.map(({ id }) => id)).not.toContain(apiKey.id);
    await Promise.all([1, 2].map(() => keys(cast.alice).revokeApiKey({ apiKeyId: apiKey.id })));
    expect(await auditOf(apiKey.id)).toEqual(['API_KEY_CREATED', 'API_KEY_REVOKED']);
  });

  test('must have existed', async () => {
    const unknown = await refusalOf(keys(cast.alice).revokeApiKey({ apiKeyId: unknownId }));
    expect(unknown.code).toBe(Code.NotFound);
    const malformed = await refusalOf(keys(cast.alice).revokeApiKey({ apiKeyId: 'key' }));
    expect(malformed.code).toBe(Code.InvalidArgument);
  });
});

// Last: it moves the clock of the server.
test('an expired key is refused but stays in the list until it is revoked', async () => {
  const { apiKey, key } = await keys(cast.alice).createApiKey({
    name: 'hour',
    permissions: [P.ORG_READ],
    expiresAt: inFuture(hour),
  });
  const roles = s.client(RoleService, { authorization: `Bearer ${key}` });
  await roles.listRoles({});
  // A little more: the server goes by the clock of the database.
  await s.travel(hour + 60_000);
  const refused = await refusalOf(roles.listRoles({}));
  expect(refused).toMatchObject({ code: Code.Unauthenticated, reason: 'API_KEY_INVALID' });
  const { apiKeys } = await keys(cast.kiosk).listApiKeys({});
  expect(apiKeys.find(({ id }) => id === apiKey?.id)?.expiresAt).toBeDefined();
});
