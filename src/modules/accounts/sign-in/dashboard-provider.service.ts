import { Inject, Injectable } from '@nestjs/common';
import { errors } from 'jose';
import type { Configuration } from 'openid-client';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AppError } from '../../../platform/errors/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { emailAddress } from '../../../platform/text/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import { EndpointError, membersOnly, OidcDiscovery, UnusableMetadata } from '../../signin/sso/index.js';
import { claimsFor, LoginRefusal } from '../../signin/sso-login/index.js';
import { addressNotVerified, credentialInvalid, providerDisabled, refuseRedirect } from './sign-in.rules.js';

const GOOGLE = 'https://accounts.google.com';
/** Not an organization's: the operator has chosen the provider. */
const OWNER = { orgId: 'installation', connectionId: 'dashboard' };
/** The contract carries no state: the code is bound to its request by PKCE and the nonce. */
const STATE = 'dashboard';

/** ID tokens that are traded directly may be this old, and each works once. */
const MAX_AGE_S = 3600;
const tokenUses: DailyLimit = {
  kind: 'oauth_credential',
  most: 1,
  sentence: 'An ID token works once.',
  subject: 'token',
};

/** The operator's provider as a sign-in page needs it. */
export interface OfferedProvider {
  id: string;
  name: string;
  clientId: string;
  issuer: string;
  scopes: string[];
}

/** What the dashboard has from the redirect, and what it made its request with. */
export interface ProviderAnswer {
  providerId: string;
  code: string;
  codeVerifier: string;
  redirectUri: string;
  nonce: string;
}

type ProviderSettings = NonNullable<Config['dashboard']['oidc']>;

/** The OpenID provider of the installation. It proves addresses; it stands for no organization. */
@Injectable()
export class DashboardProvider {
  constructor(
    private readonly discovery: OidcDiscovery,
    private readonly limits: DailyLimits,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  offered(): OfferedProvider | undefined {
    const { oidc } = this.config.dashboard;
    if (!oidc) return undefined;
    const { name, clientId, issuer } = oidc;
    return { id: idOf(oidc), name, clientId, issuer, scopes: ['openid', 'email', 'profile'] };
  }

  /** Trades the code; the address that the provider has verified. */
  async prove(answer: ProviderAnswer): Promise<string> {
    const { oidc, url } = this.config.dashboard;
    if (!oidc || idOf(oidc) !== answer.providerId) throw providerDisabled();
    const refusal = refuseRedirect(answer.redirectUri, url);
    if (refusal) throw refusal;
    const client = await this.client(oidc);
    const callback = callbackOf(client, answer);
    const { codeVerifier, nonce } = answer;
    const expected = { codeVerifier, nonce, state: STATE };
    const said = await claimsFor(client, callback, expected, membersOnly).catch((error: unknown) => {
      throw refusalFor(error);
    });
    return verifiedAddress(said.claims.email, said.verified);
  }

  /** The address in an ID token of Google, if Google is the provider; the token is consumed. */
  async proveIdToken(scope: Scope, credential: string): Promise<string> {
    const { oidc } = this.config.dashboard;
    if (oidc?.issuer !== GOOGLE) throw providerDisabled();
    const settings = { ...OWNER, ...oidc };
    const options = { maxAgeS: MAX_AGE_S, types: ['jwt'] };
    const claims = await this.discovery.verify(settings, credential, options).catch((error: unknown) => {
      throw refusalFor(error);
    });
    // In a separate transaction: a token that was shown once does not come back, whatever follows.
    const fresh = await this.scopes.run(originOf(scope), (inner) =>
      this.limits.takeEach(inner, tokenUses, [credential]),
    );
    if (fresh.size === 0) throw credentialInvalid(new Error('The ID token was used before.'));
    return verifiedAddress(claims.email, claims.email_verified === true);
  }

  private async client(oidc: ProviderSettings): Promise<Configuration> {
    try {
      return await this.discovery.client({ ...OWNER, ...oidc });
    } catch (error) {
      throw refusalFor(error);
    }
  }
}

function idOf({ issuer }: ProviderSettings): string {
  return issuer === GOOGLE ? 'google' : 'oidc';
}

/** As the browser was sent back. With one provider there is none to mix it up with, so its `iss` is taken as given. */
function callbackOf(client: Configuration, { redirectUri, code }: ProviderAnswer): URL {
  const callback = new URL(redirectUri);
  callback.searchParams.set('code', code);
  callback.searchParams.set('state', STATE);
  const { issuer, authorization_response_iss_parameter_supported: namesItself } = client.serverMetadata();
  if (namesItself === true) callback.searchParams.set('iss', issuer);
  return callback;
}

/** A provider that does not answer is the operator's trouble; all else is one refusal, with the cause in the log. */
function refusalFor(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof LoginRefusal && error.reason === 'email_not_verified') return addressNotVerified();
  if (isUnreachable(error)) {
    return new AppError(
      'unavailable',
      'PROVIDER_UNREACHABLE',
      'The identity provider does not answer; try again.',
      {},
      error,
    );
  }
  return credentialInvalid(error);
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof LoginRefusal) {
    return error.reason === 'endpoint_unreachable' || error.reason === 'userinfo_unreachable';
  }
  return (
    error instanceof UnusableMetadata || error instanceof EndpointError || error instanceof errors.JWKSTimeout
  );
}

function verifiedAddress(claim: unknown, verified: boolean): string {
  const email = typeof claim === 'string' ? emailAddress(claim) : undefined;
  if (!verified || email === undefined) throw addressNotVerified();
  return email;
}
