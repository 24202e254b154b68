import type { TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { type Passkey, PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { Authenticator, type Tampering } from './authenticator.js';
import type { Actor, TestOrganization } from './cast.js';
import { hire } from './members.js';
import type { TestServer } from './test-server.js';

/** A page that the servers of specs allow. */
export const appOrigin = 'http://localhost:3000';

export async function register(
  who: Pick<Actor, 'client'>,
  authenticator: Authenticator,
  tampering: Tampering = {},
  name = '',
): Promise<Passkey> {
  const client = who.client(PasskeyService);
  const { optionsJson } = await client.beginPasskeyRegistration({});
  const credentialJson = authenticator.register(optionsJson, tampering);
  const { passkey } = await client.finishPasskeyRegistration({ credentialJson, name });
  if (!passkey) throw new Error('No passkey came back.');
  return passkey;
}

/** Somebody new with a passkey. */
export async function enrolled(
  server: TestServer,
  organization: TestOrganization,
  authenticator = new Authenticator(appOrigin),
): Promise<[Actor, Authenticator]> {
  const who = await hire(server, organization);
  await register(who, authenticator);
  return [who, authenticator];
}

export async function signInWith(
  server: TestServer,
  authenticator: Authenticator,
  tampering: Tampering = {},
  email = '',
): Promise<TokenPair> {
  const client = server.client(PasskeyService);
  const { optionsJson } = await client.beginPasskeySignIn({ email });
  const credentialJson = authenticator.sign(optionsJson, tampering);
  const { tokens } = await client.finishPasskeySignIn({ credentialJson });
  if (!tokens) throw new Error('No tokens came back.');
  return tokens;
}
