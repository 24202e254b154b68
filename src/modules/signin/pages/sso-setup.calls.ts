import { AuthService, type WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  type Login,
  LoginOutcome,
  type PrepareConnectionResponse,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { type Domain, DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { type Enforcement, EnforcementService } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import type { Role } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import type { PageClient } from './page-client.js';
import type { Fields } from './page-form.js';
import { oidcIn, provisioningIn, samlIn } from './sso-form.js';

/** What the setup page shows. */
export interface Setup {
  self: WhoAmIResponse;
  domains: Domain[];
  connections: Connection[];
  enforcement: Enforcement | undefined;
  logins: Login[];
  /** Undefined for a session that cannot see them: one through a provider. */
  passkeys: number | undefined;
}

const LOGINS_SHOWN = 10;
/** Enough to find a test login among the successful ones. */
const LOGINS_SEARCHED = 100;

/** The calls of the setup page, each with the fields of the form that was sent. */
export class SsoSetupCalls {
  constructor(private readonly client: PageClient) {}

  self(): Promise<WhoAmIResponse> {
    return this.client.call(AuthService.method.whoAmI, {});
  }

  async load(self: WhoAmIResponse): Promise<Setup> {
    const [domains, connections, enforcement, logins, passkeys] = await Promise.all([
      this.client.call(DomainService.method.listDomains, {}),
      this.client.call(ConnectionService.method.listConnections, {}),
      this.client.call(EnforcementService.method.getEnforcement, {}),
      this.client.call(ConnectionService.method.listLogins, { pagination: { pageSize: LOGINS_SHOWN } }),
      this.countPasskeys(),
    ]);
    return {
      self,
      domains: domains.domains,
      connections: connections.connections,
      enforcement: enforcement.enforcement,
      logins: logins.logins,
      passkeys,
    };
  }

  private countPasskeys(): Promise<number | undefined> {
    return this.client.call(PasskeyService.method.listPasskeys, {}).then(
      ({ passkeys }) => passkeys.length,
      () => undefined,
    );
  }

  async login(loginId: string): Promise<Login | undefined> {
    return (await this.client.call(ConnectionService.method.getLogin, { loginId })).login;
  }

  async addDomain({ name = '' }: Fields): Promise<void> {
    await this.client.call(DomainService.method.addDomain, { name });
  }

  async verifyDomain({ name = '' }: Fields): Promise<void> {
    await this.client.call(DomainService.method.verifyDomain, { name });
  }

  async removeDomain({ name = '' }: Fields): Promise<void> {
    await this.client.call(DomainService.method.removeDomain, { name });
  }

  /** A new reservation, or the one of a form that is shown again. */
  prepare({ reservation = '' }: Fields): Promise<PrepareConnectionResponse> {
    return this.client.call(ConnectionService.method.prepareConnection, { reservation });
  }

  async connection(connectionId: string): Promise<Connection | undefined> {
    return (await this.client.call(ConnectionService.method.getConnection, { connectionId })).connection;
  }

  async roles(): Promise<Role[]> {
    return (await this.client.call(RoleService.method.listRoles, {})).roles;
  }

  async connect(fields: Fields): Promise<void> {
    const { name = '', reservation = '', create_members: createMembers } = fields;
    await this.client.call(ConnectionService.method.createConnection, {
      name,
      reservation,
      settings:
        fields.issuer === undefined
          ? { case: 'saml', value: samlIn(fields) }
          : { case: 'oidc', value: oidcIn(fields) },
      provisioning: { createMembers: createMembers === 'on' },
    });
  }

  async rename({ connection_id: connectionId = '', name = '' }: Fields): Promise<void> {
    await this.client.call(ConnectionService.method.updateConnection, { connectionId, name });
  }

  /** The whole settings, with what the form does not show as it is. */
  async saveSettings(fields: Fields): Promise<void> {
    const { connection_id: connectionId = '' } = fields;
    const current = await this.connection(connectionId);
    await this.client.call(ConnectionService.method.updateConnection, {
      connectionId,
      settings: current?.oidc
        ? { case: 'oidc', value: oidcIn(fields, current.oidc) }
        : { case: 'saml', value: samlIn(fields, current?.saml) },
    });
  }

  async saveProvisioning(fields: Fields): Promise<void> {
    const { connection_id: connectionId = '' } = fields;
    const current = await this.connection(connectionId);
    const provisioning = provisioningIn(fields, current?.provisioning);
    await this.client.call(ConnectionService.method.updateConnection, { connectionId, provisioning });
  }

  async delete({ connection_id: connectionId = '' }: Fields): Promise<void> {
    await this.client.call(ConnectionService.method.deleteConnection, { connectionId });
  }

  /** The address at the provider. */
  async test({ connection_id: connectionId = '' }: Fields): Promise<string> {
    return (await this.client.call(ConnectionService.method.startTestLogin, { connectionId })).url;
  }

  async wasTested(connectionId: string): Promise<boolean> {
    const { logins } = await this.client.call(ConnectionService.method.listLogins, {
      connectionId,
      outcome: LoginOutcome.SUCCEEDED,
      pagination: { pageSize: LOGINS_SEARCHED },
    });
    return logins.some(({ test }) => test);
  }

  async activate({ connection_id: connectionId = '' }: Fields): Promise<void> {
    const state = ConnectionState.ACTIVE;
    await this.client.call(ConnectionService.method.updateConnection, { connectionId, state });
  }

  async disable({ connection_id: connectionId = '' }: Fields): Promise<void> {
    const state = ConnectionState.DISABLED;
    await this.client.call(ConnectionService.method.updateConnection, { connectionId, state });
  }

  /** Saves the provisioning unchanged, so that the connection may do what the person who saves it may do. */
  async vouch({ connection_id: connectionId = '' }: Fields): Promise<void> {
    const provisioning = (await this.connection(connectionId))?.provisioning ?? {};
    await this.client.call(ConnectionService.method.updateConnection, { connectionId, provisioning });
  }

  async refresh({ connection_id: connectionId = '' }: Fields): Promise<void> {
    await this.client.call(ConnectionService.method.refreshMetadata, { connectionId });
  }

  async enforce({ enforced }: Fields): Promise<void> {
    await this.client.call(EnforcementService.method.setEnforcement, { enforced: enforced === 'true' });
  }

  async armBreakGlass({ user_id: userId = '', hours = '' }: Fields): Promise<void> {
    await this.client.call(EnforcementService.method.armBreakGlass, {
      userId,
      hours: Number.parseInt(hours, 10) || 0,
    });
  }

  async disarmBreakGlass({ user_id: userId = '' }: Fields): Promise<void> {
    await this.client.call(EnforcementService.method.disarmBreakGlass, { userId });
  }
}
