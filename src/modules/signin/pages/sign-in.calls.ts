import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { calculatePKCECodeChallenge } from 'openid-client';
import type { PageClient } from './page-client.js';
import type { Fields } from './page-form.js';
import type { PageSession, PendingSignIn } from './page-session.js';

/** What the list of sessions calls a session of the pages. */
const deviceName = 'Web page';

/** The ways to sign in on a page. Each answers the new session. */
export class SignInCalls {
  constructor(private readonly client: PageClient) {}

  async requestCode({ email = '' }: Fields): Promise<void> {
    await this.client.call(AuthService.method.requestSignInCode, { email });
  }

  async byCode({ email = '', code = '', invitation: invitationToken = '' }: Fields): Promise<PageSession> {
    const request = { email, code, deviceName, invitationToken };
    return sessionOf(await this.client.call(AuthService.method.verifySignInCode, request));
  }

  /** The address at the identity provider. */
  async startAtProvider(email: string, redirectUri: string, signIn: PendingSignIn): Promise<string> {
    const { url } = await this.client.call(SsoSignInService.method.startSsoSignIn, {
      hint: { case: 'email', value: email },
      redirectUri,
      state: signIn.state,
      codeChallenge: await calculatePKCECodeChallenge(signIn.codeVerifier),
    });
    return url;
  }

  async byProvider(code: string, codeVerifier: string): Promise<PageSession> {
    const request = { code, codeVerifier, deviceName };
    return sessionOf(await this.client.call(SsoSignInService.method.exchangeSsoCode, request));
  }

  /** PublicKeyCredentialRequestOptionsJSON. */
  async startWithPasskey(): Promise<string> {
    return (await this.client.call(PasskeyService.method.beginPasskeySignIn, {})).optionsJson;
  }

  async byPasskey({ credential = '', invitation: invitationToken = '' }: Fields): Promise<PageSession> {
    const request = { credentialJson: credential, deviceName, invitationToken };
    return sessionOf(await this.client.call(PasskeyService.method.finishPasskeySignIn, request));
  }

  async signOut(): Promise<void> {
    await this.client.call(AuthService.method.signOut, {});
  }
}

function sessionOf({ tokens }: { tokens?: TokenPair }): PageSession {
  return { accessToken: tokens?.accessToken ?? '', orgId: '' };
}
