import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConnectionService } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { type SamlProvider, startSamlProvider } from '../support/saml-provider.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let provider: SamlProvider;

beforeAll(async () => {
  provider = await startSamlProvider();
  s = await startTestServer({ env: { OUTBOUND_ALLOWED_HOSTS: provider.host } });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  await provider?.stop();
});

const settings = () => ({ case: 'saml', value: { metadataUrl: provider.metadataUrl } }) as const;

test.each(['nonsense', 'A'.repeat(1000)])('%j reserves nothing', async (reservation) => {
  const connections = cast.alice.client(ConnectionService);
  const refused = { code: Code.InvalidArgument, fields: ['reservation'] };
  expect(await refusalOf(connections.prepareConnection({ reservation }))).toMatchObject(refused);
  const create = connections.createConnection({ name: 'x', settings: settings(), reservation });
  expect(await refusalOf(create)).toMatchObject(refused);
});

test('a reservation is of one organization only', async () => {
  const { reservation } = await cast.alice.client(ConnectionService).prepareConnection({});
  const theirs = cast.mallory.client(ConnectionService);
  const create = theirs.createConnection({ name: 'x', settings: settings(), reservation });
  expect(await refusalOf(create)).toMatchObject({ code: Code.InvalidArgument, fields: ['reservation'] });
});

test('a reservation needs PERMISSION_ORG_WRITE', async () => {
  const refusal = await refusalOf(cast.erin.client(ConnectionService).prepareConnection({}));
  expect(refusal.code).toBe(Code.PermissionDenied);
});

test('a connection has the addresses that were prepared for it, and no other one gets them', async () => {
  const connections = cast.alice.client(ConnectionService);
  const prepared = await connections.prepareConnection({});
  const { reservation } = prepared;
  expect(await connections.prepareConnection({ reservation })).toEqual(prepared);

  const { connection } = await connections.createConnection({ name: 'A', settings: settings(), reservation });
  expect(connection?.serviceProvider).toMatchObject({
    acsUrl: prepared.serviceProvider?.acsUrl,
    entityId: prepared.serviceProvider?.entityId,
    metadataUrl: prepared.serviceProvider?.metadataUrl,
    sloUrl: prepared.serviceProvider?.sloUrl,
  });
  const again = connections.createConnection({ name: 'B', settings: settings(), reservation });
  expect(await refusalOf(again)).toMatchObject({ code: Code.AlreadyExists, reason: 'RESERVATION_USED' });
});

test('of two connections made with one reservation at once, one is made', async () => {
  const connections = cast.alice.client(ConnectionService);
  const { reservation } = await connections.prepareConnection({});
  const outcomes = await Promise.allSettled(
    ['C', 'D'].map((name) => connections.createConnection({ name, settings: settings(), reservation })),
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a reservation ends after a day', async () => {
  const connections = cast.alice.client(ConnectionService);
  const { reservation } = await connections.prepareConnection({});
  await s.travel(24 * 60 * 60_000);
  // Their access tokens have ended as well.
  const { kiosk } = cast;
  const create = kiosk
    .client(ConnectionService)
    .createConnection({ name: 'E', settings: settings(), reservation });
  expect(await refusalOf(create)).toMatchObject({ code: Code.InvalidArgument, fields: ['reservation'] });
});
