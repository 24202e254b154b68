import { Code } from '@connectrpc/connect';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { carry } from '../support/saml-provider.js';
import { appUrl, destination, type Person, type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';

// What changes between two steps of a login, and what happens twice at once.

const codeRefused = { code: Code.Unauthenticated, reason: 'SSO_CODE_REFUSED' };

let world: SsoWorld;
let s: TestServer;
let connection: Connection;
/** Somebody who works in the database at the same time. */
let other: Client;

beforeAll(async () => {
  world = await startSsoWorld();
  ({ server: s, connection } = world);
  other = new Client({ connectionString: s.database.ownerUrl });
  await other.connect();
});

afterAll(async () => {
  await other?.end();
  await world?.stop();
});

beforeEach(() => setState(ConnectionState.ACTIVE));

// What a failed test has left waiting goes on.
afterEach(() => other.query('rollback'));

async function setState(state: ConnectionState): Promise<void> {
  await world.cast.alice.client(ConnectionService).updateConnection({ connectionId: connection.id, state });
}

/** Comes back from the provider; answers how to trade the code. */
async function comeBack(person: Person = world.newPerson()) {
  const { url, verifier } = await world.begin();
  const code = destination(await carry(s, connection.id, world.provider.answer(url, person))).get('code');
  return () => s.client(SsoSignInService).exchangeSsoCode({ code: code ?? '', codeVerifier: verifier });
}

/** Until so many statements wait for what `other` holds. */
function waiting(count: number): Promise<unknown> {
  return eventually(`${count} wait`, async () => {
    const rows = await s.database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length >= count;
  });
}

describe('a connection that is taken out of use', () => {
  test.each([ConnectionState.DISABLED, ConnectionState.DRAFT])(
    'ends sessions and codes: %s',
    async (state) => {
      const { client } = await world.signIn(world.newPerson());
      const exchange = await comeBack();
      await setState(state);
      expect(await refusalOf(exchange())).toMatchObject(codeRefused);
      await eventually('the session has ended', async () =>
        client.whoAmI({}).then(
          () => false,
          () => true,
        ),
      );
    },
  );

  test('takes nobody in who comes back from the provider', async () => {
    const person = world.newPerson();
    const { url } = await world.begin();
    await setState(ConnectionState.DISABLED);
    const sent = destination(await carry(s, connection.id, world.provider.answer(url, person)));
    expect(sent.get('error')).toBe('access_denied');
    expect((await world.lastLogin()).reason).toBe('connection_disabled');
    const rows = await s.database.query('select from member where email = $1', [person.email]);
    expect(rows).toEqual([]);
  });

  test('is not slipped through by a code that is traded at the same moment', async () => {
    const exchange = await comeBack();
    await other.query('begin');
    await other.query('update sso_connection set state = $2 where id = $1', [
      connection.id,
      ConnectionState.DISABLED,
    ]);
    const traded = refusalOf(exchange());
    await waiting(1);
    await other.query('commit');
    expect(await traded).toMatchObject(codeRefused);
  });
});

describe('a login', () => {
  test('is not undone by a forged answer that takes longer than the good one', async () => {
    const { url, verifier } = await world.begin();
    const form = world.provider.answer(url, world.newPerson());
    const { entityId: issuer } = world.provider;
    const forged = world.foreign.answer(url, world.newPerson(), { issuer, responseIssuer: issuer });
    // Signed with a key that is not known, it asks for fresh metadata first.
    await s.database.query('update sso_connection set attempted_at = null where id = $1', [connection.id]);
    await other.query('begin');
    await other.query('select from sso_connection where id = $1 for no key update', [connection.id]);
    const slow = carry(s, connection.id, forged);
    await waiting(1);
    const code = destination(await carry(s, connection.id, form)).get('code') ?? '';
    await other.query('commit');
    expect((await slow).headers.get('location')).toContain('error=access_denied');
    const { login } = await world.cast.alice.client(ConnectionService).getLogin({ loginId: form.RelayState });
    expect(login?.outcome).toBe(LoginOutcome.SUCCEEDED);
    const exchange = { code, codeVerifier: verifier };
    expect((await s.client(SsoSignInService).exchangeSsoCode(exchange)).tokens).toBeDefined();
  });

  test('is neither ended nor undone by garbage under its number', async () => {
    const { url, verifier } = await world.begin();
    const form = world.provider.answer(url, world.newPerson());
    const garbage = { ...form, SAMLResponse: Buffer.from('<a/>').toString('base64') };
    await carry(s, connection.id, garbage);
    const code = destination(await carry(s, connection.id, form)).get('code') ?? '';
    await carry(s, connection.id, garbage);
    expect(
      (await s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier })).tokens,
    ).toBeDefined();
  });

  test('that is the first of a person, twice at once, leads to one member', async () => {
    const person = world.newPerson();
    // Both have found nobody when they are let go on.
    await other.query('begin');
    await other.query('lock table identity in exclusive mode');
    const both = [comeBack(person), comeBack(person)];
    await waiting(2);
    await other.query('commit');
    const users = await Promise.all(
      both.map(async (back) => {
        const { tokens } = await (await back)();
        const headers = { authorization: `Bearer ${tokens?.accessToken}` };
        return (await s.client(AuthService, headers).whoAmI({})).userId;
      }),
    );
    expect(users[0]).not.toBe('');
    expect(users[1]).toBe(users[0]);
  });
});

test('enforcement that begins while its last domain is removed keeps the domain', async () => {
  await other.query('begin');
  await other.query('select from organization where id = $1 for update', [world.cast.acme.id]);
  const removal = refusalOf(world.cast.alice.client(DomainService).removeDomain({ name: 'acme.example' }));
  await waiting(1);
  await other.query('update organization set sso_enforced_at = now() where id = $1', [world.cast.acme.id]);
  await other.query('commit');
  expect((await removal).reason).toBe('LAST_PROVEN_DOMAIN');
  await s.database.query('update organization set sso_enforced_at = null where id = $1', [
    world.cast.acme.id,
  ]);
});

describe('a login that began at the provider', () => {
  const settings = (relayStates: string[]) =>
    ({
      case: 'saml',
      value: { metadataUrl: world.provider.metadataUrl, allowIdpInitiated: true, relayStates },
    }) as const;

  test('leads nowhere that the installation does not list, whatever its organization lists', async () => {
    const { updateConnection, createConnection } = world.cast.alice.client(ConnectionService);
    const long = `http://127.0.0.1/${'a'.repeat(2048)}`;
    const strange = settings([appUrl, 'https://evil.example/', 'javascript:alert(1)', 'nonsense', '', long]);
    const fields = [1, 2, 3, 4, 5].map((index) => `saml.relay_states[${index}]`);
    const connectionId = connection.id;
    const refused = { code: Code.InvalidArgument, fields };
    expect(await refusalOf(updateConnection({ connectionId, settings: strange }))).toMatchObject(refused);
    expect(await refusalOf(createConnection({ name: 'x', settings: strange }))).toMatchObject(refused);
    await updateConnection({ connectionId, settings: settings([appUrl]) });
    const { acsUrl = '', entityId = '' } = connection.serviceProvider ?? {};
    const arrive = (to: string) =>
      carry(s, connectionId, world.provider.unsolicited({ acsUrl, entityId }, world.newPerson(), to));
    expect(destination(await arrive(appUrl)).get('code')).not.toBeNull();
    // As if the installation had listed it, and does no more.
    await s.database.query(
      `update sso_connection set saml = jsonb_set(saml, '{relayStates}', $2) where id = $1`,
      [connectionId, JSON.stringify(['https://evil.example/'])],
    );
    for (const to of ['', 'https://evil.example/', 'n\0ul']) expect((await arrive(to)).status).toBe(403);
    const { reason, detail } = await world.lastLogin();
    expect([reason, detail]).toEqual(['relay_state', expect.stringContaining('leads to nul')]);
    await updateConnection({ connectionId, settings: settings([]) });
  });
});

test('a domain that is removed on the way lets nobody in any more', async () => {
  const domains = world.cast.alice.client(DomainService);
  const { url } = await world.begin();
  await domains.removeDomain({ name: 'acme.example' });
  const response = await carry(s, connection.id, world.provider.answer(url, world.newPerson()));
  expect(destination(response).get('error')).toBe('access_denied');
  expect((await world.lastLogin()).reason).toBe('domain_not_proven');
  await domains.addDomain({ name: 'acme.example' });
  await domains.verifyDomain({ name: 'acme.example' });
});

describe('what a provider says at length', () => {
  test('is cut between characters where it is kept', async () => {
    const long = 'x'.repeat(199);
    const person = world.newPerson({ [`${long}🕊️`]: `${long}🕊️`, groups: `${long}🕊️` });
    const { client } = await world.signIn(person);
    expect((await client.whoAmI({})).email).toBe(person.email);
    const { attributes, groups } = await world.lastLogin();
    expect(attributes).toContainEqual(expect.objectContaining({ name: long, values: [long] }));
    expect(groups).toEqual([long]);
  });

  test('is no name of a person beyond 512 characters', async () => {
    const { email } = world.newPerson();
    const { url } = await world.begin();
    const answer = world.provider.answer(url, { nameId: 'ü'.repeat(513), attributes: { email } });
    expect(destination(await carry(s, connection.id, answer)).get('error')).toBe('access_denied');
    const login = await world.lastLogin();
    expect(login).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'subject_too_long' });
    expect(login.advice).toContain('512');
    const { client } = await world.signIn({ nameId: 'ü'.repeat(512), attributes: { email } });
    expect((await client.whoAmI({})).email).toBe(email);
  });
});

test('a token says no later end than the provider gave the session', async () => {
  const person = world.newPerson();
  const { url, verifier } = await world.begin();
  const sessionEnd = new Date(Date.now() + 3_600_000).toISOString();
  const answer = world.provider.answer(url, person, { sessionEnd });
  const code = destination(await carry(s, connection.id, answer)).get('code') ?? '';
  const { tokens } = await s.client(SsoSignInService).exchangeSsoCode({ code, codeVerifier: verifier });
  expect(Number(tokens?.refreshExpiresAt?.seconds)).toBe(Math.floor(new Date(sessionEnd).getTime() / 1000));
  const renewed = await s.client(AuthService).refreshToken({ refreshToken: tokens?.refreshToken });
  expect(renewed.tokens?.refreshExpiresAt).toEqual(tokens?.refreshExpiresAt);
});
