import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { AuthService, type WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import {
  SsoSignInService,
  type StartSsoSignInRequestSchema,
} from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  type CreateConnectionRequestSchema,
  type Login,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { type Domain, DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { type Enforcement, EnforcementService } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { requestIdHeader } from '../../platform/rpc/call.js';
import type { ConnectStrategy } from '../../platform/rpc/connect.strategy.js';
import type { SetupSession } from './setup-session.js';

/** Everything that the setup page shows. */
export interface Setup {
  self: WhoAmIResponse;
  domains: Domain[];
  connections: Connection[];
  enforcement: Enforcement | undefined;
  logins: Login[];
}

/** Of the form that was sent. */
export type Fields = Readonly<Record<string, string>>;

const LOGINS_SHOWN = 10;
/** What the list of sessions calls it. */
const DEVICE_NAME = 'Setup page';

/** The page is a client like others: it calls what they call, and is refused what they are refused. */
export class SetupApi {
  private readonly header = new Headers();

  constructor(
    private readonly strategy: Pick<ConnectStrategy, 'call'>,
    private readonly address: string,
    requestId: string,
    session?: SetupSession,
  ) {
    this.header.set(requestIdHeader, requestId);
    if (session) this.header.set('authorization', `Bearer ${session.accessToken}`);
    if (session?.orgId) this.header.set('x-org-id', session.orgId);
  }

  self(): Promise<WhoAmIResponse> {
    return this.call(AuthService.method.whoAmI, {});
  }

  async requestCode({ email = '' }: Fields): Promise<void> {
    await this.call(AuthService.method.requestSignInCode, { email });
  }

  /** The access token of a new session. */
  async signIn({ email = '', code = '' }: Fields): Promise<string> {
    const request = { email, code, deviceName: DEVICE_NAME };
    const { tokens } = await this.call(AuthService.method.verifySignInCode, request);
    return tokens?.accessToken ?? '';
  }

  /** Where the browser goes to sign in at the provider of the organization. */
  async startSsoSignIn(request: MessageInitShape<typeof StartSsoSignInRequestSchema>): Promise<string> {
    return (await this.call(SsoSignInService.method.startSsoSignIn, request)).url;
  }

  /** The access token of a new session. */
  async exchangeSsoCode(code: string, codeVerifier: string): Promise<string> {
    const request = { code, codeVerifier, deviceName: DEVICE_NAME };
    const { tokens } = await this.call(SsoSignInService.method.exchangeSsoCode, request);
    return tokens?.accessToken ?? '';
  }

  async signOut(): Promise<void> {
    await this.call(AuthService.method.signOut, {});
  }

  async load(self: WhoAmIResponse): Promise<Setup> {
    const [domains, connections, enforcement, logins] = await Promise.all([
      this.call(DomainService.method.listDomains, {}),
      this.call(ConnectionService.method.listConnections, {}),
      this.call(EnforcementService.method.getEnforcement, {}),
      this.call(ConnectionService.method.listLogins, { pagination: { pageSize: LOGINS_SHOWN } }),
    ]);
    return {
      self,
      domains: domains.domains,
      connections: connections.connections,
      enforcement: enforcement.enforcement,
      logins: logins.logins,
    };
  }

  async login(loginId: string): Promise<Login | undefined> {
    return (await this.call(ConnectionService.method.getLogin, { loginId })).login;
  }

  async addDomain({ name = '' }: Fields): Promise<void> {
    await this.call(DomainService.method.addDomain, { name });
  }

  async verifyDomain({ name = '' }: Fields): Promise<void> {
    await this.call(DomainService.method.verifyDomain, { name });
  }

  async removeDomain({ name = '' }: Fields): Promise<void> {
    await this.call(DomainService.method.removeDomain, { name });
  }

  async connect(fields: Fields): Promise<void> {
    await this.call(ConnectionService.method.createConnection, {
      name: fields.name ?? '',
      settings: settingsIn(fields),
      provisioning: { createMembers: fields.create_members === 'on' },
    });
  }

  /** Where the browser goes to be tested. */
  async test({ connection_id: connectionId = '' }: Fields): Promise<string> {
    return (await this.call(ConnectionService.method.startTestLogin, { connectionId })).url;
  }

  async activate({ connection_id: connectionId = '' }: Fields): Promise<void> {
    const state = ConnectionState.ACTIVE;
    await this.call(ConnectionService.method.updateConnection, { connectionId, state });
  }

  async disable({ connection_id: connectionId = '' }: Fields): Promise<void> {
    const state = ConnectionState.DISABLED;
    await this.call(ConnectionService.method.updateConnection, { connectionId, state });
  }

  /** As it is, by somebody who may do more than whoever set it up. */
  async vouch({ connection_id: connectionId = '' }: Fields): Promise<void> {
    const { connection } = await this.call(ConnectionService.method.getConnection, { connectionId });
    const provisioning = connection?.provisioning ?? {};
    await this.call(ConnectionService.method.updateConnection, { connectionId, provisioning });
  }

  async refresh({ connection_id: connectionId = '' }: Fields): Promise<void> {
    await this.call(ConnectionService.method.refreshMetadata, { connectionId });
  }

  async enforce({ enforced }: Fields): Promise<void> {
    await this.call(EnforcementService.method.setEnforcement, { enforced: enforced === 'true' });
  }

  async armBreakGlass({ user_id: userId = '', hours = '' }: Fields): Promise<void> {
    await this.call(EnforcementService.method.armBreakGlass, {
      userId,
      hours: Number.parseInt(hours, 10) || 0,
    });
  }

  async disarmBreakGlass({ user_id: userId = '' }: Fields): Promise<void> {
    await this.call(EnforcementService.method.disarmBreakGlass, { userId });
  }

  private call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    return this.strategy.call(method, request, { address: this.address, header: new Headers(this.header) });
  }
}

/** A provider of OpenID Connect is known by its issuer, one of SAML by its metadata. */
function settingsIn({
  issuer,
  client_id: clientId = '',
  client_secret: clientSecret = '',
  metadata_url: metadataUrl = '',
}: Fields): MessageInitShape<typeof CreateConnectionRequestSchema>['settings'] {
  if (issuer === undefined) return { case: 'saml', value: { metadataUrl } };
  return { case: 'oidc', value: { issuer, clientId, clientSecret } };
}
