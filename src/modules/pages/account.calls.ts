import { AuthService, type WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { type Passkey, PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import type { PageClient } from './page-client.js';
import { type Fields, messageOf } from './page-form.js';

/** What the account page shows. */
export interface Account {
  self: WhoAmIResponse;
  /** Or why the session cannot see them: one through a provider acts in one organization only. */
  passkeys: Passkey[] | string;
}

/** What the account page calls. */
export class AccountCalls {
  constructor(private readonly client: PageClient) {}

  async load(): Promise<Account> {
    const self = await this.client.call(AuthService.method.whoAmI, {});
    const passkeys = await this.client.call(PasskeyService.method.listPasskeys, {}).then(
      (listed) => listed.passkeys,
      (error: unknown) => messageOf(error),
    );
    return { self, passkeys };
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
