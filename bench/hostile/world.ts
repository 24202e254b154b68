import type * as clockModule from '../../src/platform/clock/clock.js';
import type * as databaseModule from '../../src/platform/database/index.js';
import type * as dataSourceModule from '../../src/platform/database/data-source.js';
import type * as signingKeysModule from '../../src/platform/caller/signing-keys.js';
import { createClient, type Transport } from '@connectrpc/connect';
import { ConnectionService, ConnectionState } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { newSpKey } from '@dovecote/saml';
import { createEnvelope } from '@dovecote/secret';
import { decodeJwt, SignJWT } from 'jose';
import { pino } from 'pino';
import { metadataOf } from '../saml/metadata.js';
import { samlConnection } from '../saml/response.js';
import type { Dovecote } from '../support/dovecote.js';
import { product, Stores } from '../support/product.js';
import { adminEmail, Person } from '../support/sign-in.js';
import type { World } from './groups/world.js';

/** Arranges, through the API, what the requests name. */
export async function arrange(server: Dovecote, dataDir: string): Promise<World> {
  const admin = await Person.signIn(server.url, adminEmail);
  const transport = await admin.transport();
  const { user } = await createClient(MemberService, transport).inviteUser({
    email: 'ada@acme.example',
    name: 'Ada',
  });
  const { template } = await createClient(TemplateService, transport).createTemplate({
    name: 'Fire drill',
    title: 'Fire drill on Monday',
    body: 'Please confirm that you have read this.',
  });
  return {
    apiKey: `Bearer ${server.apiKey}`,
    expired: `Bearer ${await expire(await admin.accessToken(), dataDir)}`,
    templateId: template!.id,
    userId: user!.id,
    ...(await connect(transport)),
  };
}

async function connect(transport: Transport): Promise<Pick<World, 'acs' | 'scim'>> {
  const connections = createClient(ConnectionService, transport);
  const key = await newSpKey('idp', new Date());
  const metadataXml = metadataOf(samlConnection(key, key).idp.entityId, key);
  const { connection } = await connections.createConnection({
    name: 'Bench',
    settings: { case: 'saml', value: { metadataXml } },
  });
  const { id: connectionId, serviceProvider } = connection!;
  await connections.updateConnection({ connectionId, state: ConnectionState.ACTIVE });
  const { secret } = await createClient(ScimService, transport).createScimToken({
    connectionId,
    name: 'Bench',
  });
  return { acs: new URL(serviceProvider!.acsUrl).pathname, scim: `Bearer ${secret}` };
}

/** The same token as it would be an hour after its end, signed with the server's key. */
async function expire(token: string, dataDir: string): Promise<string> {
  const stores = await Stores.connect(dataDir, 1);
  const { SigningKeys } = await product<typeof signingKeysModule>('platform/caller/signing-keys.js');
  const { Database } = await product<typeof databaseModule>('platform/database/index.js');
  const { appDataSource } = await product<typeof dataSourceModule>('platform/database/data-source.js');
  const { Clock } = await product<typeof clockModule>('platform/clock/clock.js');
  const options = { size: 1, applicationName: 'bench hostile' };
  const dataSource = appDataSource(stores.url, [], options, pino({ level: 'silent' }));
  await dataSource.initialize();
  try {
    const keys = new SigningKeys(new Database(dataSource), createEnvelope(stores.masterKey));
    const { kid, privateKey } = await keys.current();
    const hourAgo = Math.floor(new Clock().now().getTime() / 1000) - 3_600;
    return await new SignJWT({ ...decodeJwt(token), exp: hourAgo })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
      .sign(privateKey);
  } finally {
    await dataSource.destroy();
    await stores.end();
  }
}
