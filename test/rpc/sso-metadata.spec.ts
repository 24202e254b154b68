import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ConnectionService } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { type SamlProvider, startSamlProvider } from '../support/saml-provider.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

// What providers write into their metadata, beside what is needed.

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

const saml = (value: { metadataUrl?: string; idpEntityId?: string }) => ({ case: 'saml', value }) as const;

test('a connection is to one of several providers in its metadata, which is named', async () => {
  const { createConnection, updateConnection } = cast.alice.client(ConnectionService);
  const [one, two] = ['https://one.example/idp', 'https://two.example/idp'];
  const descriptors = [one, two].map((entityId) =>
    provider.metadata().replace(`entityID="${provider.entityId}"`, `entityID=" ${entityId}"`),
  );
  const namespace = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"';
  const body = `\uFEFF\n<md:EntitiesDescriptor ${namespace}>${descriptors.join('')}</md:EntitiesDescriptor>`;
  provider.trouble = { status: 200, body };
  const metadataUrl = ` ${provider.metadataUrl}\n`;
  const unnamed = await refusalOf(createConnection({ name: 'x', settings: saml({ metadataUrl }) }));
  expect(unnamed).toMatchObject({ code: Code.InvalidArgument, fields: ['saml.idp_entity_id'] });
  expect(unnamed.message).toContain(one);
  const idpEntityId = 'https://none.example/idp';
  const unknown = createConnection({ name: 'x', settings: saml({ metadataUrl, idpEntityId }) });
  expect((await refusalOf(unknown)).fields).toEqual(['saml.idp_entity_id']);
  const { connection: made } = await createConnection({
    name: 'Two',
    settings: saml({ metadataUrl, idpEntityId: `${two} ` }),
  });
  expect(made?.saml).toMatchObject({ idpEntityId: two, metadataUrl: provider.metadataUrl });
  expect(made?.identityProvider?.entityId).toBe(two);
  const connectionId = made?.id;
  await s.travel(61_000);
  const { refreshMetadata } = cast.alice.client(ConnectionService);
  expect((await refreshMetadata({ connectionId })).changed).toBe(false);
  const { connection } = await updateConnection({ connectionId, settings: saml({ idpEntityId: one }) });
  expect(connection?.identityProvider?.entityId).toBe(one);
});

test('a connection says which certificates of its provider were left out', async () => {
  const weak = '<ds:X509Certificate></ds:X509Certificate><ds:X509Certificate>';
  const body = provider.metadata().replace('<ds:X509Certificate>', weak);
  provider.trouble = { status: 200, body };
  const { connection } = await cast.alice.client(ConnectionService).createConnection({
    name: 'Weak',
    settings: saml({ metadataUrl: provider.metadataUrl }),
  });
  const { identityProvider } = connection!;
  expect(identityProvider?.certificates).toHaveLength(1);
  expect(identityProvider?.warnings).toEqual([expect.stringContaining('Certificate 1')]);
});
