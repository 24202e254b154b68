import { Inject, Injectable } from '@nestjs/common';
import {
  type Delivery,
  logoutRequestPost,
  logoutRequestRedirect,
  logoutResponsePost,
  logoutResponseRedirect,
  type PostForm,
  type ReceivedLogoutRequest,
  type SamlConnection,
  SamlRefusal,
  validateLogoutRequest,
  validateLogoutResponse,
} from '@dovecote/saml';
import { type Envelope, openToken, sealToken, UnsealError } from '@dovecote/secret';
import { PinoLogger } from 'nestjs-pino';
import { Clock } from '../../../platform/clock/clock.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { samlEndpoints } from '../sso/index.js';
import { type Login, LoginStore } from './login.store.js';
import { ProviderSignOut } from './provider-sign-out.service.js';
import { loginIdOf, logoutRequestId } from './saml-logout.rules.js';
import { SamlConnections } from './saml-connections.service.js';

/** How long the way to a provider that wants its request posted is open. */
const POST_LINK_MS = 5 * 60_000;

/** The next step of a browser that brought a logout message. */
export type LogoutStep =
  | { kind: 'redirect'; url: string }
  | { kind: 'form'; form: PostForm }
  /** The logout ends here; `complete` is false when the provider reports a partial logout. */
  | { kind: 'over'; complete: boolean }
  | { kind: 'refused' };

/** Sign-out that a SAML provider hears of, or asks for. */
@Injectable()
export class SamlLogout {
  constructor(
    private readonly connections: SamlConnections,
    private readonly store: LoginStore,
    private readonly signOut: ProviderSignOut,
    private readonly scopes: Scopes,
    private readonly clock: Clock,
    private readonly log: PinoLogger,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {
    log.setContext('sso');
  }

  /** Where the person signs out at the provider; empty: nowhere. */
  async logoutUrl(origin: ScopeOrigin, login: Login): Promise<string> {
    const { saml } = await this.connections.load(origin, login.connectionId);
    if (saml.idp.sloRedirectUrl) return logoutRequestRedirect(saml, requestOf(login, this.clock.now()));
    return saml.idp.sloPostUrl ? this.pageFor(login) : '';
  }

  /** The form for a provider that supports HTTP-POST only; undefined when the link has expired. */
  async formOf(origin: ScopeOrigin, connectionId: string, token: string): Promise<PostForm | undefined> {
    const login = await this.loginOf(origin, connectionId, this.loginIdIn(token, connectionId));
    if (!login) return undefined;
    const { saml } = await this.connections.load(origin, connectionId);
    return saml.idp.sloPostUrl ? logoutRequestPost(saml, requestOf(login, this.clock.now())) : undefined;
  }

  /** The provider wants sessions to end, also those that are about to begin. */
  async handleRequest(origin: ScopeOrigin, connectionId: string, delivery: Delivery): Promise<LogoutStep> {
    return this.checked(origin, connectionId, async (saml) => {
      const request = await validateLogoutRequest(saml, { ...delivery, now: this.clock.now() });
      const { id, nameId: subject, sessionIndexes } = request;
      const sessions = { subject, sessionIndexes };
      if (!(await this.signOut.end(origin, connectionId, `logout request ${id}`, sessions))) {
        throw new SamlRefusal('replayed', 'This logout request was used before.');
      }
      return this.answer(saml, request);
    });
  }

  /** Processes the provider's LogoutResponse. */
  async handleResponse(origin: ScopeOrigin, connectionId: string, delivery: Delivery): Promise<LogoutStep> {
    return this.checked(origin, connectionId, async (saml) => {
      const { inResponseTo, success } = await validateLogoutResponse(saml, {
        ...delivery,
        now: this.clock.now(),
      });
      const login = await this.loginOf(origin, connectionId, loginIdOf(inResponseTo));
      if (login) return { kind: 'over', complete: success };
      throw new SamlRefusal('unknown_request', 'The response matches no logout request of this server.');
    });
  }

  private pageFor({ id, connectionId }: Login): string {
    const payload = { loginId: id, until: this.clock.now().getTime() + POST_LINK_MS };
    const token = sealToken(this.envelope, payload, contextOf(connectionId));
    return `${samlEndpoints(this.config.http.publicUrl, connectionId).sloUrl}/${token}`;
  }

  private loginIdIn(token: string, connectionId: string): string | undefined {
    try {
      const payload = openToken(this.envelope, token, contextOf(connectionId));
      // Sealed tokens with this context are created by this class only.
      const { loginId, until } = payload as { loginId: string; until: number };
      return until > this.clock.now().getTime() ? loginId : undefined;
    } catch (error) {
      if (error instanceof UnsealError) return undefined;
      throw error;
    }
  }

  /** A login of the connection that opened a session. */
  private async loginOf(
    origin: ScopeOrigin,
    connectionId: string,
    loginId: string | undefined,
  ): Promise<Login | undefined> {
    if (!loginId) return undefined;
    const login = await this.scopes.run(origin, (scope) => this.store.find(scope, loginId));
    return login?.connectionId === connectionId && login.sessionId !== null ? login : undefined;
  }

  /** By redirect where the provider takes it: a form needs a press of a button. */
  private async answer(
    saml: SamlConnection,
    { id: inResponseTo, relayState }: ReceivedLogoutRequest,
  ): Promise<LogoutStep> {
    const answer = { inResponseTo, success: true, relayState, now: this.clock.now() };
    const { sloRedirectUrl, sloResponseRedirectUrl, sloPostUrl, sloResponsePostUrl } = saml.idp;
    if (sloResponseRedirectUrl ?? sloRedirectUrl) {
      return { kind: 'redirect', url: await logoutResponseRedirect(saml, answer) };
    }
    if (sloResponsePostUrl ?? sloPostUrl) {
      return { kind: 'form', form: await logoutResponsePost(saml, answer) };
    }
    return { kind: 'over', complete: true };
  }

  /** A refusal is in the log; the browser learns that there was one. */
  private async checked(
    origin: ScopeOrigin,
    connectionId: string,
    judge: (saml: SamlConnection) => Promise<LogoutStep>,
  ): Promise<LogoutStep> {
    try {
      return await this.connections.check(origin, await this.connections.load(origin, connectionId), judge);
    } catch (error) {
      if (!(error instanceof SamlRefusal)) throw error;
      const { reason, detail } = error;
      const { requestId } = origin;
      this.log.warn({ requestId, connectionId, reason, detail }, 'logout message refused');
      return { kind: 'refused' };
    }
  }
}

function requestOf(login: Login, now: Date): Parameters<typeof logoutRequestRedirect>[1] {
  const [nameQualifier, spNameQualifier] = login.subjectQualifiers;
  return {
    requestId: logoutRequestId(login.id),
    nameId: login.subject,
    nameIdFormat: login.subjectFormat,
    nameQualifier: nameQualifier || undefined,
    spNameQualifier: spNameQualifier || undefined,
    sessionIndex: login.sessionIndex || undefined,
    now,
  };
}

function contextOf(connectionId: string): string[] {
  return ['sso sign-out', connectionId];
}
