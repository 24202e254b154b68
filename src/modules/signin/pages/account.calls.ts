import { AuthService, type WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { type Invitation, MembershipService } from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import { type Passkey, PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import type { PageClient } from './page-client.js';
import { type Fields, messageOf } from './page-form.js';

/** What the account page shows. */
export interface Account {
  self: WhoAmIResponse;
  /** Or why the session cannot see what belongs to the person: one through a provider acts in one organization only. */
  own: { invitations: Invitation[]; passkeys: Passkey[] } | string;
}

/** What the account page calls. */
export class AccountCalls {
  constructor(private readonly client: PageClient) {}

  async load(): Promise<Account> {
    const self = await this.client.call(AuthService.method.whoAmI, {});
    const own = await this.own().catch((error: unknown) => messageOf(error));
    return { self, own };
  }

  private async own(): Promise<{ invitations: Invitation[]; passkeys: Passkey[] }> {
    const [{ invitations }, { passkeys }] = await Promise.all([
      this.client.call(MembershipService.method.listInvitations, {}),
      this.client.call(PasskeyService.method.listPasskeys, {}),
    ]);
    return { invitations, passkeys };
  }

  async accept({ org_id: orgId = '' }: Fields): Promise<void> {
    await this.client.call(MembershipService.method.acceptInvitation, { orgId });
  }

  async decline({ org_id: orgId = '' }: Fields): Promise<void> {
    await this.client.call(MembershipService.method.declineInvitation, { orgId });
  }

  async leave({ org_id: orgId = '' }: Fields): Promise<void> {
    await this.client.call(MembershipService.method.leaveOrganization, { orgId });
  }

  /** PublicKeyCredentialCreationOptionsJSON. */
  async startPasskey(): Promise<string> {
    return (await this.client.call(PasskeyService.method.beginPasskeyRegistration, {})).optionsJson;
  }

  async addPasskey({ credential: credentialJson = '', name = '' }: Fields): Promise<void> {
    await this.client.call(PasskeyService.method.finishPasskeyRegistration, { credentialJson, name });
  }

  async removePasskey({ passkey_id: passkeyId = '' }: Fields): Promise<void> {
    await this.client.call(PasskeyService.method.removePasskey, { passkeyId });
  }
}
