import { Inject, Injectable } from '@nestjs/common';
import {
  authnRequestPost,
  authnRequestRedirect,
  newRequestId,
  type SamlLogin,
  SamlRefusal,
  spMetadata,
  validateResponse,
} from '@dovecote/saml';
import { validate as isUuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { Clock } from '../../../platform/clock/clock.js';
import { type Connection, isAllowedRedirect, samlEndpoints } from '../sso/index.js';
import { overage } from './claims.rules.js';
import { LoginRefusal } from './login-refusal.js';
import { type Login, LoginStore } from './login.store.js';
import { type LoginStart, type LoginResult, Logins, type ProvenLogin } from './logins.service.js';
import { ReplayGuard } from './replay-guard.js';
import { type LoadedConnection, SamlConnections } from './saml-connections.service.js';
import { isLasting } from './subject.rules.js';

/** What Entra sends in the place of more groups than a message holds. */
const GROUPS_LINK = 'http://schemas.microsoft.com/claims/groups.link';

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
    beginning: Omit<LoginStart, 'requestId'>,
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

  async handleResponse(origin: ScopeOrigin, connectionId: string, answer: SamlAnswer): Promise<LoginResult> {
    const { relayState, samlResponse } = answer;
    const { loaded, begun } = await this.arrival(origin, connectionId, relayState);
    const { connection } = loaded;
    let proven: ProvenLogin | undefined;
    try {
      const once = new ReplayGuard(origin, connectionId, this.scopes, this.store);
      const said = await this.saml.check(origin, loaded, (saml) =>
        validateResponse(saml, { samlResponse, now: this.clock.now(), oneTimeUse: once }),
      );
      proven = provenBy(said);
      const login = once.answered ?? (await this.unsolicited(origin, connection, relayState));
      const code = await this.logins.succeed(origin, connection, login, proven);
      return { kind: 'admitted', login, code };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      const id = await this.logins.refuse(origin, connection, begun, refusal, proven);
      return { kind: 'refused', login: begun, id };
    }
  }

  /**
   * The connection, and the login named by RelayState. RelayState is not authenticated: it only selects the
   * record for the result.
   */
  private arrival(
    origin: ScopeOrigin,
    connectionId: string,
    relayState: string,
  ): Promise<{ loaded: LoadedConnection; begun: Login | undefined }> {
    return this.scopes.run({ ...origin, readOnly: true }, async (scope) => {
      const [loaded, login] = await Promise.all([
        this.saml.loadIn(scope, connectionId),
        isUuid(relayState) ? this.store.find(scope, relayState) : undefined,
      ]);
      const isOurs = login && this.isOpen(login) && login.connectionId === connectionId;
      return { loaded, begun: isOurs ? login : undefined };
    });
  }

  /** The record of a login that began at the provider. */
  private unsolicited(origin: ScopeOrigin, connection: Connection, relayState: string): Promise<Login> {
    const redirectUri = targetOf(connection, relayState, this.config.sso.redirectUris);
    return this.scopes.run(origin, (scope) =>
      this.logins.begin(scope, { connection, requestId: null, redirectUri }),
    );
  }

  private isOpen({ answeredAt, expiresAt }: Login): boolean {
    return answeredAt === null && expiresAt > this.clock.now();
  }
}

/** Where a login that began at the provider leads: to a place that the connection lists, and the installation still does. */
function targetOf({ saml }: Connection, relayState: string, installed: readonly string[]): string {
  const listed = (saml?.relayStates ?? []).filter((one) => isAllowedRedirect(one, installed));
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
    lasting: isLasting(said),
    withheld: Object.hasOwn(said.attributes, GROUPS_LINK) ? overage : '',
    sessionIndex: said.sessionIndex ?? '',
    sealedIdToken: null,
    sessionEndsAt: said.sessionNotOnOrAfter ?? null,
    attributes: said.attributes,
  };
}

function refusalOf(error: unknown): { reason: string; detail: string; userId?: string } | undefined {
  return error instanceof SamlRefusal || error instanceof LoginRefusal ? error : undefined;
}
