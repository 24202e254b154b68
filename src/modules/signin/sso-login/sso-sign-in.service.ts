import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { equalSecrets } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import {
  failedPrecondition,
  invalidArgument,
  notFound,
  unauthenticated,
} from '../../../platform/errors/index.js';
import { originOf, type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { Sessions, type TokenPair } from '../auth/index.js';
import { SsoMembers, type Member, memberStatus } from '../../people/member/index.js';
import { Connections, isAllowedRedirect } from '../sso/index.js';
import { type LoginCode, readLoginCode } from './login-code.js';
import { LoginRefusal } from './login-refusal.js';
import { type Login, LoginStore } from './login.store.js';
import type { LoginStart } from './logins.service.js';
import { OidcLogins } from './oidc-logins.service.js';
import { SamlLogins } from './saml-logins.service.js';

export type Hint = { email: string } | { providerName: string };

export interface StartRequest {
  hint: Hint;
  redirectUri: string;
  state: string;
  codeChallenge: string;
}

export interface ExchangeRequest {
  code: string;
  codeVerifier: string;
  deviceName: string;
}

/**
 * Sign-in through a provider as a client sees it: the authorization URL, then the exchange of the code for
 * tokens.
 */
@Injectable()
export class SsoSignIn {
  constructor(
    private readonly connections: Connections,
    private readonly saml: SamlLogins,
    private readonly oidc: OidcLogins,
    private readonly store: LoginStore,
    private readonly members: SsoMembers,
    private readonly sessions: Sessions,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Answers where to send the browser. */
  async start(scope: Scope, { hint, redirectUri, state, codeChallenge }: StartRequest): Promise<string> {
    if (!isAllowedRedirect(redirectUri, this.config.sso.redirectUris)) {
      throw invalidArgument([
        {
          field: 'redirect_uri',
          description: 'is not one that this installation lists in SSO_REDIRECT_URIS',
        },
      ]);
    }
    const connection = await this.connections.forSignIn(scope, hint);
    if (!connection) throw notFound('connection');
    const beginning = { connection, redirectUri, clientState: state, codeChallenge };
    return (await this.begin(systemOrigin(scope, connection.orgId), beginning)).url;
  }

  /** Starts a login that shows the resulting member and role without signing in. */
  async startTest(scope: Scope, connectionId: string): Promise<{ url: string; loginId: string }> {
    const connection = await this.scopes.run(originOf(scope), (inner) =>
      this.connections.get(inner, connectionId),
    );
    const begun = await this.begin(originOf(scope), { connection, testedBy: scope.userId });
    return { url: begun.url, loginId: begun.login.id };
  }

  /** Trades the code for a session. Of two at once, one gets it. */
  async exchange(scope: Scope, { code, codeVerifier, deviceName }: ExchangeRequest): Promise<TokenPair> {
    const origin = originOf(scope);
    const read = readLoginCode(code);
    if (!read) throw codeRefused();
    // In a separate transaction: the code is invalidated even when the exchange is refused.
    const found = await this.scopes.run(systemOrigin(scope, read.orgId), (inner) =>
      this.find(inner, read, codeVerifier),
    );
    if (!found) throw codeRefused();
    const { member, login } = found;
    const { identityId, email, orgId } = member;
    const sessionId = uuid();
    const caller: PersonCaller = { kind: 'person', identityId, email, sessionId, ssoOrgId: orgId };
    // With the session, so that a logout finds either a code to spoil or a session to end.
    const take = async (inner: Scope): Promise<void> => {
      if (!(await this.store.takeCode(inner, login.id, read.hash, sessionId))) throw codeRefused();
    };
    const { connectionId, sessionEndsAt: endsAt } = login;
    return this.sessions.open(origin, caller, deviceName, take, 'sso', { orgId, connectionId, endsAt });
  }

  /** The login and the member that the code stands for; undefined when the code is invalid. */
  private async find(
    scope: Scope,
    { loginId, hash }: LoginCode,
    codeVerifier: string,
  ): Promise<{ login: Login; member: Member } | undefined> {
    const login = await this.store.find(scope, loginId);
    if (!login?.userId || !login.codeHash || !equalSecrets(login.codeHash, hash)) return undefined;
    if (!(await this.connections.admitsSignIn(scope))) return undefined;
    const member = await this.members.find(scope, login.userId);
    if (member?.status === memberStatus.active && fits(login, codeVerifier)) return { login, member };
    // A code without its verifier was intercepted: invalidate it.
    await this.store.invalidateCode(scope, login.id);
    return undefined;
  }

  private async begin(
    origin: ScopeOrigin,
    beginning: Omit<LoginStart, 'requestId'>,
  ): Promise<{ url: string; login: Login }> {
    try {
      return await (beginning.connection.saml ? this.saml : this.oidc).begin(origin, beginning);
    } catch (error) {
      if (!(error instanceof LoginRefusal)) throw error;
      throw failedPrecondition('PROVIDER_UNREACHABLE', error.detail);
    }
  }
}

/**
 * An origin with the rights of the installation for one organization, for the time before the person is
 * authenticated.
 */
export function systemOrigin(scope: Scope, orgId: string): ScopeOrigin {
  return { ...originOf(scope), caller: { kind: 'system', orgId } };
}

/** A login that began at the provider has no challenge, and no verifier fits it but none. */
function fits({ codeChallenge }: Login, codeVerifier: string): boolean {
  if (codeChallenge === '') return codeVerifier === '';
  return equalSecrets(createHash('sha256').update(codeVerifier).digest('base64url'), codeChallenge);
}

function codeRefused() {
  return unauthenticated('SSO_CODE_REFUSED', 'The code is wrong, was used, or has expired; sign in again.');
}
