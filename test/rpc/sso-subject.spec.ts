import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { ConnectionService, LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { SubjectService } from '@dovecote/contract/dovecote/sso/v1/subject_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { type Actor, addApiKey, addMember } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { type OidcWorld, startOidcWorld } from '../support/oidc.js';
import { refusalOf } from '../support/refusal.js';
import { carry } from '../support/saml-provider.js';
import { destination, type SsoWorld, startSsoWorld } from '../support/sso.js';

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

/** The same story for each protocol. */
interface Provider {
  connectionId: string;
  /** Signs in by this account; answers whose session it is, or why there is none. */
  signIn(subject: string, email: string, name?: string): Promise<{ userId: string } | { reason: string }>;
  alice: Actor;
}

let oidc: OidcWorld;
let saml: SsoWorld;

beforeAll(async () => {
  [oidc, saml] = await Promise.all([startOidcWorld(), startSsoWorld()]);
});

afterAll(async () => {
  await Promise.all([oidc?.stop(), saml?.stop()]);
});

async function outcome(code: string | null, login: () => ReturnType<OidcWorld['lastLogin']>) {
  const { userId, reason } = await login();
  return code ? { userId } : { reason };
}

const providers: Record<string, () => Provider> = {
  'OpenID Connect': () => ({
    connectionId: oidc.connection.id,
    alice: oidc.cast.alice,
    async signIn(sub, email, given_name) {
      const parameters = await oidc.attempt({ sub, email, given_name });
      return outcome(parameters.get('code'), oidc.lastLogin);
    },
  }),
  'SAML with a persistent NameID': () => ({
    connectionId: saml.connection.id,
    alice: saml.cast.alice,
    async signIn(nameId, email, given) {
      const attributes = { email, ...(given && { givenName: given }) };
      const { url } = await saml.begin();
      const form = saml.provider.answer(url, { nameId, nameIdFormat: PERSISTENT, attributes });
      const parameters = destination(await carry(saml.server, saml.connection.id, form));
      return outcome(parameters.get('code'), saml.lastLogin);
    },
  }),
};

describe.each(Object.entries(providers))('by %s', (_protocol, providerOf) => {
  let provider: Provider;
  let rosa: string;

  const userOf = async (userId: string) =>
    (await provider.alice.client(MemberService).getUser({ userId })).user;

  beforeAll(async () => {
    provider = providerOf();
    const first = await provider.signIn('r-1', 'rosa@acme.example', 'Rosa');
    rosa = 'userId' in first ? first.userId : '';
  });

  test('a new address of a bound person is taken over: it is where mail and codes go', async () => {
    expect(await provider.signIn('r-1', 'rosa.miller@acme.example', 'Rosa')).toEqual({ userId: rosa });
    expect(await userOf(rosa)).toMatchObject({ email: 'rosa.miller@acme.example', name: 'Rosa' });
  });

  test('whoever has the former address is somebody else', async () => {
    const other = await provider.signIn('r-2', 'rosa@acme.example', 'Rosalind');
    expect(other).toEqual({ userId: expect.not.stringMatching(rosa) });
    expect(await userOf(rosa)).toMatchObject({ email: 'rosa.miller@acme.example', name: 'Rosa' });
  });

  test('another account with the address of a bound member is refused, and shown', async () => {
    const refused = await provider.signIn('r-3', 'rosa.miller@acme.example', 'Mallory');
    expect(refused).toEqual({ reason: 'second_subject' });
    expect((await userOf(rosa))?.name).toBe('Rosa');
    const { logins } = await provider.alice.client(ConnectionService).listLogins({
      outcome: LoginOutcome.REFUSED,
    });
    expect(logins[0]).toMatchObject({
      userId: rosa,
      subject: 'r-3',
      detail: expect.stringContaining('r-1'),
      advice: expect.stringContaining('BindSubject'),
    });
  });

  test('an address of another member is not taken over', async () => {
    expect(await provider.signIn('r-1', provider.alice.email)).toEqual({ reason: 'subject_taken' });
    expect((await userOf(rosa))?.email).toBe('rosa.miller@acme.example');
  });

  test('an admin binds the member anew, and the former account is nobody’s', async () => {
    const { listSubjects, bindSubject } = provider.alice.client(SubjectService);
    const { connectionId } = provider;
    const { subject } = await bindSubject({ connectionId, userId: rosa, subject: 'r-3' });
    expect(subject).toMatchObject({ subject: 'r-3', userId: rosa, connectionId });
    expect((await listSubjects({ userId: rosa })).subjects).toMatchObject([{ subject: 'r-3' }]);
    expect(await provider.signIn('r-3', 'rosa.miller@acme.example')).toEqual({ userId: rosa });
    expect(await provider.signIn('r-1', 'rosa.miller@acme.example')).toEqual({ reason: 'second_subject' });
    expect(await refusalOf(bindSubject({ connectionId, userId: rosa, subject: 'r-2' }))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'SUBJECT_TAKEN',
    });
  });

  test('released, the member is bound by the next login with their address', async () => {
    const { unbindSubject, listSubjects } = provider.alice.client(SubjectService);
    for (let time = 0; time < 2; time += 1) {
      await unbindSubject({ connectionId: provider.connectionId, userId: rosa });
      expect((await listSubjects({ userId: rosa })).subjects).toEqual([]);
    }
    expect(await provider.signIn('r-4', 'rosa.miller@acme.example')).toEqual({ userId: rosa });
  });
});

describe('an account is bound by an admin', () => {
  test('of the organization, who may do as much as the member and whoever set the connection up', async () => {
    const { cast, server, connection } = oidc;
    const { ORG_READ, ORG_WRITE, MEMBERS_READ } = Permission;
    const key = await addApiKey(server, cast.acme, [ORG_READ, ORG_WRITE, MEMBERS_READ]);
    const wanted = { connectionId: connection.id, userId: cast.alice.userId, subject: 'mine' };
    for (const call of ['bindSubject', 'unbindSubject'] as const) {
      expect(await refusalOf(key.client(SubjectService)[call](wanted))).toMatchObject({
        code: Code.PermissionDenied,
        reason: 'CONNECTION_EXCEEDS_OWN',
      });
      expect((await refusalOf(cast.mallory.client(SubjectService)[call](wanted))).code).toBe(Code.NotFound);
      const theirs = { ...wanted, userId: cast.mallory.userId };
      expect((await refusalOf(cast.alice.client(SubjectService)[call](theirs))).code).toBe(Code.NotFound);
    }
    // The connection is within reach of the key; the member is not.
    const small = 'update sso_connection set ceiling = $2, speaks_for_all = $3 where id = $1';
    await server.database.query(small, [connection.id, [ORG_READ], false]);
    const refusal = await refusalOf(key.client(SubjectService).bindSubject(wanted));
    expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'GRANT_EXCEEDS_OWN' });
    await cast.alice.client(ConnectionService).updateConnection({
      connectionId: connection.id,
      provisioning: { createMembers: true },
    });
    const listed = cast.mallory.client(SubjectService).listSubjects({ userId: cast.alice.userId });
    expect((await refusalOf(listed)).code).toBe(Code.NotFound);
  });

  test('and ends what came of the former one', async () => {
    const { client } = await saml.signIn({
      nameId: 'ended',
      nameIdFormat: PERSISTENT,
      attributes: { email: 'ended@acme.example' },
    });
    const { userId } = await client.whoAmI({});
    const { bindSubject } = saml.cast.alice.client(SubjectService);
    await bindSubject({ connectionId: saml.connection.id, userId, subject: 'next' });
    await eventually('the session has ended', async () =>
      client.whoAmI({}).then(
        () => false,
        () => true,
      ),
    );
  });
});

describe('logins at the same moment', () => {
  let other: Client;

  beforeAll(async () => {
    other = new Client({ connectionString: oidc.server.database.ownerUrl });
    await other.connect();
  });

  afterAll(async () => {
    await other.query('rollback');
    await other.end();
  });

  /** Makes both find what there was before either of them. */
  async function together(table: string, logins: (() => Promise<URLSearchParams>)[]) {
    await other.query('begin');
    await other.query(`lock table ${table} in exclusive mode`);
    const sent = logins.map((login) => login());
    await eventually('both wait', async () => {
      const rows = await oidc.server.database.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length >= logins.length;
    });
    await other.query('commit');
    return Promise.all(sent);
  }

  test('of two accounts with the address of one member bind one of them', async () => {
    const { server, cast } = oidc;
    const member = await addMember(server, cast.acme, { email: 'twice@acme.example', role: 'employee' });
    const sent = await together(
      'sso_subject',
      ['t-1', 't-2'].map((sub) => () => oidc.attempt({ sub, email: member.email })),
    );
    expect(sent.filter((one) => one.has('code'))).toHaveLength(1);
    const { subjects } = await cast.alice.client(SubjectService).listSubjects({ userId: member.userId });
    expect(subjects).toHaveLength(1);
  });

  test('of one account with two addresses make one member', async () => {
    const addresses = ['one@acme.example', 'other@acme.example'];
    const sent = await together(
      'sso_subject',
      addresses.map((email) => () => oidc.attempt({ sub: 'two-addresses', email })),
    );
    expect(sent.every((one) => one.has('code'))).toBe(true);
    const rows = await oidc.server.database.query('select id from member where email = any ($1)', [
      addresses,
    ]);
    expect(rows).toHaveLength(1);
  });
});

describe('what says nothing beyond the address', () => {
  test('binds nobody: whoever has the address later is not who had it', async () => {
    const attributes = { email: 'first@acme.example' };
    const { client } = await saml.signIn({ nameId: 'upn@acme.example', attributes });
    const { userId } = await client.whoAmI({});
    const later = { nameId: 'upn@acme.example', attributes: { email: 'second@acme.example' } };
    expect((await (await saml.signIn(later)).client.whoAmI({})).userId).not.toBe(userId);
    const { subjects } = await saml.cast.alice.client(SubjectService).listSubjects({ userId });
    expect(subjects).toEqual([]);
  });
});

describe('of several addresses', () => {
  test('the first in a proven domain counts', async () => {
    const email = ['old@elsewhere.example', 'inside@acme.example', 'alias@acme.example'];
    expect((await oidc.signIn({ sub: 'several', email })).email).toBe('inside@acme.example');
    // In whatever order a directory lists them: the one that the member has.
    const turned = [...email].reverse();
    expect((await oidc.signIn({ sub: 'several', email: turned })).email).toBe('inside@acme.example');
    const person = { nameId: 'inner@acme.example', attributes: { mail: 'outer@elsewhere.example' } };
    expect((await (await saml.signIn(person)).client.whoAmI({})).email).toBe('inner@acme.example');
  });

  test('none counts beside the one that the provider has verified', async () => {
    const claims = {
      sub: 'mallory',
      email: 'mallory@elsewhere.example',
      email_verified: true,
      preferred_username: oidc.cast.alice.email,
    };
    expect((await oidc.attempt(claims)).get('error')).toBe('access_denied');
    expect((await oidc.lastLogin()).reason).toBe('domain_not_proven');
  });
});
