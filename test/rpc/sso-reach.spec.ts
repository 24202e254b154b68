import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { EnforcementService } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { SSOService } from '@dovecote/contract/pidgr/v1/sso_pb';
import { type Actor, addApiKey, addMember, type Cast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { carry, type ProviderPerson } from '../support/saml-provider.js';
import { destination, type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';

let world: SsoWorld;
let s: TestServer;
let cast: Cast;
/** May do everything but write privacy requests. */
let admin: Actor;
/** Of the admin, to a provider of the admin's choice. */
let own: Connection;

beforeAll(async () => {
  world = await startSsoWorld();
  ({ server: s, cast } = world);
  admin = await addMember(s, cast.acme, { email: 'admin@acme.example', role: 'admin' });
  const { connection } = await admin.client(ConnectionService).createConnection({
    name: 'Mine',
    settings: { case: 'saml', value: { metadataUrl: world.foreign.metadataUrl } },
    provisioning: { createMembers: true },
  });
  own = connection!;
});

afterAll(async () => {
  await world?.stop();
});

async function testLogin(by: Actor, person: ProviderPerson) {
  const { url, loginId } = await by.client(ConnectionService).startTestLogin({ connectionId: own.id });
  await carry(s, own.id, world.foreign.answer(url, person));
  return (await by.client(ConnectionService).getLogin({ loginId })).login;
}

/** Through the connection that the domain leads to, at the admin's provider. */
async function signIn(person: ProviderPerson): Promise<URLSearchParams> {
  const { url } = await world.begin();
  return destination(await carry(s, own.id, world.foreign.answer(url, person)));
}

test('an admin does not point the connection of a super admin to another provider', async () => {
  const connections = admin.client(ConnectionService);
  const connectionId = world.connection.id;
  const theirs = { case: 'saml', value: { metadataUrl: world.foreign.metadataUrl } } as const;
  for (const change of [
    { settings: theirs },
    { provisioning: { attributes: { email: 'nickname' } } },
    { provisioning: {}, name: 'Renamed' },
    { name: 'Renamed' },
    { state: ConnectionState.DISABLED },
    {},
  ]) {
    const refusal = await refusalOf(connections.updateConnection({ connectionId, ...change }));
    expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'CONNECTION_EXCEEDS_OWN' });
  }
  const token = admin.client(ScimService).createScimToken({ connectionId, name: 'Mine' });
  expect((await refusalOf(token)).code).toBe(Code.PermissionDenied);
});

test('the provider of an admin speaks for nobody who may do more than the admin', async () => {
  expect(own.speaksForAll).toBe(false);
  expect(await testLogin(admin, { nameId: cast.alice.email })).toMatchObject({
    outcome: LoginOutcome.REFUSED,
    reason: 'beyond_reach',
    advice: expect.stringContaining('super admin'),
  });
  expect(await testLogin(admin, { nameId: admin.email })).toMatchObject({ outcome: LoginOutcome.SUCCEEDED });
});

/** What each method does to a connection; a new one has to be put somewhere. */
const methods = {
  prepareConnection: 'makes another one',
  createConnection: 'makes another one',
  getConnection: 'reads',
  listConnections: 'reads',
  listLogins: 'reads',
  getLogin: 'reads',
  startTestLogin: 'changes nothing',
  updateConnection: 'changes',
  deleteConnection: 'changes',
  refreshMetadata: 'changes',
  rotateSpKey: 'changes',
} satisfies Record<keyof typeof ConnectionService.method, string>;

const changing = Object.entries(methods).flatMap(([name, does]) => (does === 'changes' ? [name] : []));

describe('a connection that speaks for all is beyond who does not hold all', () => {
  const { ORG_READ, ORG_WRITE } = Permission;

  beforeAll(async () => {
    await s.travel(61_000);
  });

  test.each(changing)('by %s', async (name) => {
    const key = await addApiKey(s, cast.acme, [ORG_READ, ORG_WRITE]);
    const connectionId = world.connection.id;
    for (const actor of [admin, key]) {
      const call = actor.client(ConnectionService)[name as 'deleteConnection'];
      expect(await refusalOf(call({ connectionId }))).toMatchObject({
        code: Code.PermissionDenied,
        reason: 'CONNECTION_EXCEEDS_OWN',
      });
    }
  });

  test('also to bring it back into use, and in the contract of one provider', async () => {
    const connectionId = world.connection.id;
    const { updateConnection } = cast.alice.client(ConnectionService);
    await updateConnection({ connectionId, state: ConnectionState.DISABLED });
    const key = await addApiKey(s, cast.acme, [ORG_READ, ORG_WRITE]);
    const refused = { code: Code.PermissionDenied, reason: 'CONNECTION_EXCEEDS_OWN' };
    const state = ConnectionState.ACTIVE;
    const back = key.client(ConnectionService).updateConnection({ connectionId, state });
    expect(await refusalOf(back)).toMatchObject(refused);
    await updateConnection({ connectionId, state });
    const shown = 'update sso_connection set contract_domain = $2 where id = $1';
    await s.database.query(shown, [connectionId, 'acme.example']);
    const removal = key.client(SSOService).deleteSSOProvider({ providerId: connectionId });
    expect(await refusalOf(removal)).toMatchObject(refused);
    await s.database.query(shown, [connectionId, null]);
  });
});

test('an active connection that speaks for all comes before one that does not', async () => {
  const state = ConnectionState.ACTIVE;
  await admin.client(ConnectionService).updateConnection({ connectionId: own.id, state });
  const back = await carry(
    s,
    world.connection.id,
    world.provider.answer((await world.begin()).url, { nameId: cast.alice.email }),
  );
  expect(destination(back).get('code')).toBeTruthy();
});

test('an admin does not shut super admins out by enforcement', async () => {
  const { setEnforcement } = admin.client(EnforcementService);
  const state = ConnectionState.DISABLED;
  const { updateConnection } = cast.alice.client(ConnectionService);
  await updateConnection({ connectionId: world.connection.id, state });
  expect((await signIn({ nameId: cast.alice.email })).get('error')).toBe('access_denied');
  expect((await signIn({ nameId: admin.email })).get('code')).toBeTruthy();
  await testLogin(admin, { nameId: admin.email });
  expect(await refusalOf(setEnforcement({ enforced: true }))).toMatchObject({
    code: Code.FailedPrecondition,
    reason: 'NO_CONNECTION_FOR_ALL',
  });
});

test('who holds everything lets it speak for everybody', async () => {
  const { connection } = await cast.alice.client(ConnectionService).updateConnection({
    connectionId: own.id,
    provisioning: { createMembers: true },
  });
  expect(connection?.speaksForAll).toBe(true);
  expect((await signIn({ nameId: cast.alice.email })).get('code')).toBeTruthy();
  // From now on it is beyond the admin who made it.
  const change = { connectionId: own.id, provisioning: {} };
  expect((await refusalOf(admin.client(ConnectionService).updateConnection(change))).reason).toBe(
    'CONNECTION_EXCEEDS_OWN',
  );
});
