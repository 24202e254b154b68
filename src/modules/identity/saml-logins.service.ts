import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  authnRequestPost,
  authnRequestRedirect,
  newRequestId,
  type OneTimeUse,
  type SamlLogin,
  SamlRefusal,
  spMetadata,
  validateResponse,
} from '@dovecote/saml';
import { CONFIG } from '../../platform/config/config.module.js';
import type { Config } from '../../platform/config/index.js';
import { type ScopeOrigin, Scopes } from '../../platform/scope/index.js';
import { Clock } from '../../platform/clock/clock.js';
import { type Connection, samlEndpoints } from '../sso/index.js';
import { LoginRefusal } from './login-refusal.js';
import { type Login, LoginStore } from './login.store.js';
import { type Beginning, type Judgement, Logins, type ProvenLogin } from './logins.service.js';
import { SamlConnections } from './saml-connections.service.js';

/** NameIDs of this format are other ones at each login. */
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

/** What a browser brings to the ACS. */
export interface SamlAnswer {
  samlResponse: string;
  relayState: string;
}

/** Logins through SAML providers. */
@Injectable()
export class SamlLogins {
  constructor(
    private readonly saml: SamlConnections,
    private readonly logins: Logins,
    private readonly store: LoginStore,
    private readonly scopes: Scopes,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Our metadata for the provider. */
  async metadataOf(origin: ScopeOrigin, connectionId: string): Promise<string> {
    const { connection, saml } = await this.saml.load(origin, connectionId);
    return spMetadata({
      entityId: saml.spEntityId,
      acsUrl: saml.acsUrl,
      sloUrl: saml.sloUrl,
      keys: saml.keys,
      sign: connection.saml?.signMetadata,
    });
  }

  /** The address that the browser goes to, and the login it begins. */
  async begin(
    origin: ScopeOrigin,
    beginning: Omit<Beginning, 'requestId'>,
  ): Promise<{ url: string; login: Login }> {
    const { connection } = beginning;
    const { saml } = await this.saml.load(origin, connection.id);
    const requestId = newRequestId();
    const login = await this.scopes.run(origin, (scope) =>
      this.logins.begin(scope, { ...beginning, requestId }),
    );
    const now = this.clock.now();
    const url = saml.idp.ssoRedirectUrl
      ? await authnRequestRedirect(saml, { requestId, relayState: login.id, now })
      : // The provider takes requests by POST only: a page of ours sends it.
        `${samlEndpoints(this.config.http.publicUrl, connection.id).acsUrl.replace(/acs$/, 'begin')}/${login.id}`;
    return { url, login };
  }

  /** The form that takes a begun login to a provider which wants it posted; undefined when it is over. */
  async formOf(
    origin: ScopeOrigin,
    connectionId: string,
    loginId: string,
  ): Promise<{ url: string; fields: Record<string, string> } | undefined> {
    const login = await this.scopes.run(origin, (scope) => this.store.find(scope, loginId));
    if (!login?.requestId || !this.isOpen(login) || login.connectionId !== connectionId) return undefined;
    const { saml } = await this.saml.load(origin, connectionId);
    if (!saml.idp.ssoPostUrl) return undefined;
    const { requestId } = login;
    return authnRequestPost(saml, { requestId, relayState: login.id, now: this.clock.now() });
  }

  async judge(origin: ScopeOrigin, connectionId: string, answer: SamlAnswer): Promise<Judgement> {
    const { connection } = await this.saml.load(origin, connectionId);
    const begun = await this.begun(origin, connection, answer.relayState);
    const { relayState } = answer;
    let proven: ProvenLogin | undefined;
    try {
      const said = await this.saml.check(origin, connectionId, (saml) =>
        validateResponse(saml, {
          samlResponse: answer.samlResponse,
          now: this.clock.now(),
          oneTimeUse: this.oneTimeUse(origin, connectionId),
        }),
      );
      proven = provenBy(said);
      const login = await this.loginOf(origin, connection, said, relayState);
      const code = await this.logins.succeed(origin, connection, login, proven);
      return { kind: 'admitted', login, code };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      const id = await this.logins.refuse(origin, connection, begun, refusal, proven);
      return { kind: 'refused', login: begun, id };
    }
  }

  /** The login that the answer belongs to; a new one, when it began at the provider. */
  private async loginOf(
    origin: ScopeOrigin,
    connection: Connection,
    { inResponseTo }: SamlLogin,
    relayState: string,
  ): Promise<Login> {
    const redirectUri = inResponseTo === undefined ? targetOf(connection, relayState) : undefined;
    const login = await this.scopes.run(origin, (scope) =>
      inResponseTo === undefined
        ? this.logins.begin(scope, { connection, requestId: null, redirectUri })
        : this.store.findByRequest(scope, connection.id, inResponseTo),
    );
    if (!login)
      throw new LoginRefusal('unknown_request', 'The answer belongs to no login that was begun here.');
    return login;
  }

  /** RelayState is what we sent along: the id of the login. It proves nothing, and only says where to note it. */
  private async begun(
    origin: ScopeOrigin,
    connection: Connection,
    relayState: string,
  ): Promise<Login | undefined> {
    if (!/^[0-9a-f-]{36}$/.test(relayState)) return undefined;
    const login = await this.scopes.run(origin, (scope) => this.store.find(scope, relayState));
    return login && this.isOpen(login) && login.connectionId === connection.id ? login : undefined;
  }

  private isOpen({ answeredAt, expiresAt }: Login): boolean {
    return answeredAt === null && expiresAt > this.clock.now();
  }

  private oneTimeUse(origin: ScopeOrigin, connectionId: string): OneTimeUse {
    // In transactions of their own: what is used stays used, whatever becomes of the login.
    return {
      consumeRequest: (id) =>
        this.scopes.run(origin, (scope) => this.store.consumeRequest(scope, connectionId, id)),
      consumeAssertion: (id, expiresAt) =>
        this.scopes.run(origin, (scope) =>
          this.store.consumeAssertion(
            scope,
            connectionId,
            createHash('sha256').update(id).digest(),
            expiresAt,
          ),
        ),
    };
  }
}

/** Where a login that began at the provider leads: to one of the places that the connection lists. */
function targetOf({ saml }: Connection, relayState: string): string {
  const listed = saml?.relayStates ?? [];
  const target = relayState === '' ? listed[0] : listed.find((one) => one === relayState);
  if (target !== undefined) return target;
  throw new LoginRefusal(
    'relay_state',
    `The login leads to ${relayState === '' ? 'nowhere' : relayState.slice(0, 200)}, which the connection does not list.`,
  );
}

function provenBy(said: SamlLogin): ProvenLogin {
  return {
    subject: said.nameId,
    subjectFormat: said.nameIdFormat,
    subjectQualifiers: [said.nameQualifier ?? '', said.spNameQualifier ?? ''],
    lasting: said.nameIdFormat !== TRANSIENT,
    sessionIndex: said.sessionIndex ?? '',
    sealedIdToken: null,
    sessionEndsAt: said.sessionNotOnOrAfter ?? null,
    attributes: said.attributes,
  };
}

function refusalOf(error: unknown): { reason: string; detail: string } | undefined {
  return error instanceof SamlRefusal || error instanceof LoginRefusal ? error : undefined;
}
