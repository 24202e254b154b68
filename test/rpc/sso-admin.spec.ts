import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SignedXml } from 'xml-crypto';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { SSOService } from '@dovecote/contract/pidgr/v1/sso_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { type Actor, addApiKey, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { type NameServer, startNameServer } from '../support/name-server.js';
import { refusalOf } from '../support/refusal.js';
import { type SamlProvider, startSamlProvider } from '../support/saml-provider.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let provider: SamlProvider;
let names: NameServer;

beforeAll(async () => {
  provider = await startSamlProvider();
  names = await startNameServer();
  s = await startTestServer({
    env: {
      PUBLIC_URL: 'https://dovecote.example',
      OUTBOUND_ALLOWED_HOSTS: provider.host,
      DNS_SERVERS: names.address,
    },
  });
  cast = await seedCast(s);
});

beforeEach(() => {
  provider.trouble = undefined;
});

afterAll(async () => {
  await s?.stop();
  await provider?.stop();
  await names?.stop();
});

const saml = (value: {
  metadataUrl?: string;
  metadataXml?: string;
  signMetadata?: boolean;
  idpEntityId?: string;
}) => ({ case: 'saml', value }) as const;

async function connect(actor = cast.alice, name = 'Directory') {
  const { connection } = await actor
    .client(ConnectionService)
    .createConnection({ name, settings: saml({ metadataUrl: provider.metadataUrl }) });
  return connection!;
}

describe('a domain', () => {
  test.each(['', 'co.uk', 'localhost', '10.0.0.1', 'a b.com', `${'a'.repeat(64)}.example`])(
    'is not %j',
    async (name) => {
      const refusal = await refusalOf(cast.alice.client(DomainService).addDomain({ name }));
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['name'] });
    },
  );

  test('is proven by its record, and by nothing else', async () => {
    const domains = cast.alice.client(DomainService);
    const { domain } = await domains.addDomain({ name: 'Proof.Example' });
    expect(domain).toMatchObject({ name: 'proof.example', recordName: '_dovecote-challenge.proof.example' });
    expect(domain?.verifiedAt).toBeUndefined();
    const missing = await refusalOf(domains.verifyDomain({ name: 'proof.example' }));
    expect(missing).toMatchObject({ code: Code.FailedPrecondition, reason: 'DOMAIN_NOT_PROVEN' });
    expect(missing.message).toContain('_dovecote-challenge.proof.example');
    const { recordName = '', recordValue = '' } = domain ?? {};
    names.records.set(recordName, ['something else', `${recordValue}x`]);
    expect((await refusalOf(domains.verifyDomain({ name: 'proof.example' }))).reason).toBe(
      'DOMAIN_NOT_PROVEN',
    );
    names.records.set(recordName, ['something else', recordValue]);
    expect((await domains.verifyDomain({ name: 'proof.example' })).domain?.verifiedAt).toBeDefined();
    // Added again, it is what it was; and proven, nobody is asked any more.
    expect((await domains.addDomain({ name: 'proof.example' })).domain?.recordValue).toBe(recordValue);
    const asked = names.questions;
    await domains.verifyDomain({ name: 'proof.example' });
    expect(names.questions).toBe(asked);
  });

  test('belongs to one organization: the first to prove it', async () => {
    const [ours, theirs] = [cast.alice.client(DomainService), cast.mallory.client(DomainService)];
    const claims = await Promise.all(
      [ours, theirs].map((domains) => domains.addDomain({ name: 'both.example' })),
    );
    names.records.set(
      '_dovecote-challenge.both.example',
      claims.map(({ domain }) => domain?.recordValue ?? ''),
    );
    await ours.verifyDomain({ name: 'both.example' });
    const refusal = await refusalOf(theirs.verifyDomain({ name: 'both.example' }));
    expect(refusal).toMatchObject({ code: Code.AlreadyExists, reason: 'DOMAIN_TAKEN' });
    expect((await theirs.listDomains({})).domains.map(({ name }) => name)).not.toContain('proof.example');
    expect((await refusalOf(theirs.verifyDomain({ name: 'proof.example' }))).code).toBe(Code.NotFound);
    expect((await refusalOf(theirs.removeDomain({ name: 'proof.example' }))).code).toBe(Code.NotFound);
    await ours.removeDomain({ name: 'both.example' });
    expect((await theirs.verifyDomain({ name: 'both.example' })).domain?.verifiedAt).toBeDefined();
  });
});

test('people sign in through the connection that was activated last, also after a clock that was ahead', async () => {
  const organization = await addOrganization(s, 'newest');
  const nina = await addMember(s, organization, { email: 'nina@newest.example', role: 'super_admin' });
  const domains = nina.client(DomainService);
  const { domain } = await domains.addDomain({ name: 'newest.example' });
  names.records.set(domain?.recordName ?? '', [domain?.recordValue ?? '']);
  await domains.verifyDomain({ name: 'newest.example' });
  const [first, second] = [await connect(nina, 'First'), await connect(nina, 'Second')];
  const activate = ({ id: connectionId }: Connection) =>
    nina.client(ConnectionService).updateConnection({ connectionId, state: ConnectionState.ACTIVE });
  await s.travel(5 * 60_000);
  await activate(second);
  await s.travel(-5 * 60_000);
  await activate(first);
  const { providerName } = await s.client(SSOService).checkSSOByDomain({ email: 'anybody@newest.example' });
  const named = 'select id from sso_connection where provider_name = $1';
  expect(await s.database.query(named, [providerName])).toEqual([{ id: first.id }]);
});

describe('a connection is refused', () => {
  test.each([
    ['that answers with an error', { status: 500, body: '' }, 'answered 500'],
    ['that is a redirect', { status: 302, body: '' }, 'answered 302'],
    ['that is no metadata', { status: 200, body: '<html></html>' }, 'not SAML metadata'],
    ['that declares entities', { status: 200, body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' }, 'DOCTYPE'],
    ['that never ends', { status: 200, body: 'x'.repeat(2 * 1024 * 1024) }, 'too large'],
  ])('for metadata %s', async (_what, trouble, sentence) => {
    provider.trouble = trouble;
    const refusal = await refusalOf(connect());
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['saml.metadata_url'] });
    expect(refusal.message).toContain(sentence);
    expect((await cast.alice.client(ConnectionService).listConnections({})).connections).toEqual([]);
  });

  test.each([
    'http://169.254.169.254/latest/meta-data',
    'https://127.0.0.1:1/metadata',
    'https://localhost/metadata',
    'https://[::ffff:0:127.0.0.1]/metadata',
    'https://[64:ff9b::7f00:1]/metadata',
    'https://[2002:7f00:1::]/metadata',
    'file:///etc/passwd',
    'nonsense',
  ])('for metadata at %s', async (metadataUrl) => {
    const refusal = await refusalOf(
      cast.alice.client(ConnectionService).createConnection({ name: 'x', settings: saml({ metadataUrl }) }),
    );
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['saml.metadata_url'] });
  });

  test('whose name server is late, in the time of every request, and keeps nobody else waiting', async () => {
    const hosts = Array.from({ length: 12 }, (_, index) => `late-${index}.example`);
    for (const host of hosts) names.delays.set(host, 30_000);
    names.addresses.set('inside.example', '10.0.0.1');
    const begun = performance.now();
    const connecting = (actor: Actor, host: string) =>
      refusalOf(
        actor
          .client(ConnectionService)
          .createConnection({ name: host, settings: saml({ metadataUrl: `https://${host}/metadata` }) }),
      );
    const late = hosts.map((host) => connecting(cast.alice, host));
    expect((await connecting(cast.mallory, 'inside.example')).message).toContain('public address');
    expect(performance.now() - begun).toBeLessThan(4_000);
    for (const refusal of await Promise.all(late)) {
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['saml.metadata_url'] });
    }
    expect(performance.now() - begun).toBeLessThan(9_000);
  });

  test('without metadata, and with two kinds of it', async () => {
    const { createConnection } = cast.alice.client(ConnectionService);
    expect((await refusalOf(createConnection({ name: 'x', settings: saml({}) }))).fields).toEqual([
      'saml.metadata_url',
    ]);
    const both = saml({ metadataUrl: provider.metadataUrl, metadataXml: provider.metadata() });
    expect((await refusalOf(createConnection({ name: 'x', settings: both }))).fields).toEqual([
      'saml.metadata_xml',
    ]);
  });

  test('that would give what its maker does not hold', async () => {
    const { ORG_READ, ORG_WRITE, INBOX_READ, INBOX_ACT } = Permission;
    const limited = await addApiKey(s, cast.acme, [ORG_READ, ORG_WRITE, INBOX_READ, INBOX_ACT]);
    const { createConnection } = limited.client(ConnectionService);
    for (const provisioning of [
      { defaultRoleId: cast.acme.roles.admin },
      { roleMappings: [{ group: 'all', roleId: cast.acme.roles.super_admin }] },
    ]) {
      const refusal = await refusalOf(
        createConnection({ name: 'x', settings: saml({ metadataUrl: provider.metadataUrl }), provisioning }),
      );
      expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'GRANT_EXCEEDS_OWN' });
    }
    // Nor by a change, of a connection that is all their own.
    const { connection } = await createConnection({
      name: 'Limited',
      settings: saml({ metadataUrl: provider.metadataUrl }),
    });
    const change = limited.client(ConnectionService).updateConnection({
      connectionId: connection?.id,
      provisioning: { defaultRoleId: cast.acme.roles.admin },
    });
    expect((await refusalOf(change)).reason).toBe('GRANT_EXCEEDS_OWN');
    const stranger = await refusalOf(
      cast.alice.client(ConnectionService).createConnection({
        name: 'x',
        settings: saml({ metadataUrl: provider.metadataUrl }),
        provisioning: { defaultRoleId: cast.other.roles.employee },
      }),
    );
    expect(stranger.code).toBe(Code.NotFound);
  });
});

describe('a connection', () => {
  test('says what to enter at the provider, and what is known of it', async () => {
    const connection = await connect();
    const base = `https://dovecote.example/sso/saml/${connection.id}`;
    expect(connection.serviceProvider).toMatchObject({
      entityId: `${base}/metadata`,
      acsUrl: `${base}/acs`,
      sloUrl: `${base}/slo`,
    });
    expect(connection.serviceProvider?.certificates).toHaveLength(1);
    expect(connection.identityProvider).toMatchObject({ entityId: provider.entityId, lastError: '' });
    expect(connection.identityProvider?.certificates).toHaveLength(1);
    expect(connection.state).toBe(ConnectionState.DRAFT);
  });

  test('is nobody else’s', async () => {
    const { id: connectionId } = await connect();
    const theirs = cast.mallory.client(ConnectionService);
    expect((await theirs.listConnections({})).connections).toEqual([]);
    const calls = [
      () => theirs.getConnection({ connectionId }),
      () => theirs.updateConnection({ connectionId, name: 'mine' }),
      () => theirs.deleteConnection({ connectionId }),
      () => theirs.refreshMetadata({ connectionId }),
      () => theirs.rotateSpKey({ connectionId }),
      () => theirs.startTestLogin({ connectionId }),
    ];
    for (const call of calls) expect((await refusalOf(call())).code).toBe(Code.NotFound);
  });

  test('takes uploaded metadata, keeps it, and takes its successor', async () => {
    const connections = cast.alice.client(ConnectionService);
    const { connection } = await connections.createConnection({
      name: 'Uploaded',
      settings: saml({ metadataXml: provider.metadata() }),
    });
    const connectionId = connection!.id;
    const kept = await connections.updateConnection({ connectionId, settings: saml({}) });
    expect(kept.connection?.identityProvider?.entityId).toBe(provider.entityId);
    const broken = await refusalOf(
      connections.updateConnection({ connectionId, settings: saml({ metadataXml: '<x/>' }) }),
    );
    expect(broken).toMatchObject({ code: Code.InvalidArgument, fields: ['saml.metadata_xml'] });
    expect((await refusalOf(connections.refreshMetadata({ connectionId }))).reason).toBe('METADATA_UPLOADED');
    const other = await refusalOf(
      connections.updateConnection({
        connectionId,
        settings: { case: 'oidc', value: { issuer: 'https://a.example' } },
      }),
    );
    expect(other).toMatchObject({ code: Code.InvalidArgument, fields: ['oidc'] });
  });

  test('gets its next key before the current one goes', async () => {
    const connections = cast.alice.client(ConnectionService);
    const { id: connectionId, serviceProvider } = await connect();
    const first = serviceProvider?.certificates[0]?.fingerprint;
    const added =
      (await connections.rotateSpKey({ connectionId })).connection?.serviceProvider?.certificates ?? [];
    expect(added.map(({ next }) => next)).toEqual([false, true]);
    expect(added[0]?.fingerprint).toBe(first);
    const promoted =
      (await connections.rotateSpKey({ connectionId })).connection?.serviceProvider?.certificates ?? [];
    expect(promoted.map(({ next }) => next)).toEqual([false]);
    expect(promoted[0]?.fingerprint).toBe(added[1]?.fingerprint);
  });

  test('signs its own metadata on request, with the key that is current', async () => {
    const connections = cast.alice.client(ConnectionService);
    const { id: connectionId } = await connect();
    expect(await ownMetadata(connectionId)).not.toContain('Signature');
    const settings = saml({ signMetadata: true });
    const { connection } = await connections.updateConnection({ connectionId, settings });
    expect(connection?.saml).toMatchObject({ signMetadata: true, metadataUrl: provider.metadataUrl });
    const [first = ''] = certificatesOf(connection);
    expect(signedBy(first, await ownMetadata(connectionId))).toEqual([first]);
    const [, next = ''] = certificatesOf((await connections.rotateSpKey({ connectionId })).connection);
    // Whoever trusts the current key learns the next from what it signs.
    const both = await ownMetadata(connectionId);
    expect(signedBy(first, both)).toEqual([first, next]);
    expect(() => signedBy(next, both)).toThrow('is incorrect');
    await connections.rotateSpKey({ connectionId });
    const promoted = await ownMetadata(connectionId);
    expect(signedBy(next, promoted)).toEqual([next]);
    expect(() => signedBy(first, promoted)).toThrow('is incorrect');
  });
});

async function ownMetadata(connectionId: string): Promise<string> {
  return (await fetch(`${s.url}/sso/saml/${connectionId}/metadata`)).text();
}

function certificatesOf(connection: Connection | undefined): string[] {
  return (connection?.serviceProvider?.certificates ?? []).map(({ pem }) => pem);
}

/** The certificates for signing in what is signed with this one. */
function signedBy(certificate: string, xml: string): string[] {
  const verifier = new SignedXml({ publicCert: certificate, getCertFromKeyInfo: () => null });
  verifier.loadSignature(/<ds:Signature .*<\/ds:Signature>/s.exec(xml)?.[0] ?? '');
  if (!verifier.checkSignature(xml)) throw new Error('The metadata was changed.');
  const [content = ''] = verifier.getSignedReferences();
  return [...content.matchAll(/use="signing".*?<ds:X509Certificate>([^<]+)</g)].map(
    ([, base64]) =>
      `-----BEGIN CERTIFICATE-----\n${base64?.replaceAll(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----`,
  );
}

describe('metadata', () => {
  test('is fetched on request once a minute, and what is broken is not taken over', async () => {
    const connections = cast.alice.client(ConnectionService);
    const { id: connectionId } = await connect();
    const early = await refusalOf(connections.refreshMetadata({ connectionId }));
    expect(early).toMatchObject({ code: Code.ResourceExhausted, reason: 'REFRESHED_JUST_NOW' });
    expect(early.retryAfterSeconds).toBeGreaterThan(0);
    await s.travel(61_000);
    provider.trouble = {
      status: 200,
      body: provider.metadata().replaceAll(provider.entityId, 'https://evil.example/'),
    };
    const broken = await refusalOf(connections.refreshMetadata({ connectionId }));
    expect(broken).toMatchObject({ code: Code.FailedPrecondition, reason: 'METADATA_BROKEN' });
    const { connection } = await connections.getConnection({ connectionId });
    expect(connection?.identityProvider).toMatchObject({ entityId: provider.entityId });
    expect(connection?.identityProvider?.lastError).toContain('https://evil.example/');
  });

  test('is fetched in turn, and who it concerns is told before the last certificate ends', async () => {
    const { id: connectionId } = await connect(cast.alice, 'Turning');
    const connections = cast.alice.client(ConnectionService);
    const before = provider.fetches;
    await s.travel(7 * 3_600_000);
    await eventually('the metadata is fetched again', () => Promise.resolve(provider.fetches > before));
    await s.database.query(
      `update sso_connection set idp = jsonb_set(idp, '{certificates,0,notAfter}', to_jsonb($2::text)), saml = jsonb_set(saml, '{metadataUrl}', '""') where id = $1`,
      [connectionId, new Date(Date.now() + 5 * 86_400_000).toISOString()],
    );
    await s.travel(24 * 3_600_000);
    const mail = await eventually('the warning', async () =>
      (await mailsTo(s, cast.alice.email)).find((body) => body.includes('“Turning”')),
    );
    expect(mail).toContain('Renew it at the identity provider');
    const { connection } = await connections.getConnection({ connectionId });
    expect(connection?.identityProvider?.certificates).toHaveLength(1);
    expect((await mailsTo(s, cast.max.email)).join()).not.toContain('“Turning”');
  });
});

test('whoever may not change an organization changes none of this', async () => {
  const { permissions } = (await cast.alice.client(RoleService).listRoles({})).roles.find(
    ({ slug }) => slug === 'manager',
  )!;
  expect(permissions).not.toContain(Permission.ORG_WRITE);
  const refusal = await refusalOf(connect(cast.max));
  expect(refusal).toMatchObject({ code: Code.PermissionDenied });
});
