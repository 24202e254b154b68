import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type BeginPasskeyReauthenticationRequest,
  type BeginPasskeyReauthenticationResponseSchema,
  type BeginPasskeyRegistrationRequest,
  type BeginPasskeyRegistrationResponseSchema,
  type BeginPasskeySignInRequest,
  type BeginPasskeySignInResponseSchema,
  type FinishPasskeyReauthenticationRequest,
  type FinishPasskeyReauthenticationResponseSchema,
  type FinishPasskeyRegistrationRequest,
  type FinishPasskeyRegistrationResponseSchema,
  type FinishPasskeySignInRequest,
  type FinishPasskeySignInResponseSchema,
  type ListPasskeysRequest,
  type ListPasskeysResponseSchema,
  PasskeyService,
  type RemovePasskeyRequest,
  type RemovePasskeyResponseSchema,
  type RenamePasskeyRequest,
  type RenamePasskeyResponseSchema,
} from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toAccessToken, toTokenPair } from '../auth/index.js';
import { PasskeyReauthentication } from './passkey-reauthentication.service.js';
import { PasskeySignIn } from './passkey-sign-in.service.js';
import { toPasskey } from './passkey.mapper.js';
import { Passkeys } from './passkeys.service.js';

@Controller()
export class PasskeyRpc {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly signIn: PasskeySignIn,
    private readonly reauthentication: PasskeyReauthentication,
  ) {}

  @Rpc(PasskeyService.method.beginPasskeyRegistration)
  async beginPasskeyRegistration(
    _request: BeginPasskeyRegistrationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BeginPasskeyRegistrationResponseSchema>> {
    return { optionsJson: await this.passkeys.beginRegistration(scope) };
  }

  @Rpc(PasskeyService.method.finishPasskeyRegistration)
  async finishPasskeyRegistration(
    request: FinishPasskeyRegistrationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof FinishPasskeyRegistrationResponseSchema>> {
    return { passkey: toPasskey(await this.passkeys.finishRegistration(scope, request)) };
  }

  @Rpc(PasskeyService.method.beginPasskeySignIn)
  async beginPasskeySignIn(
    request: BeginPasskeySignInRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BeginPasskeySignInResponseSchema>> {
    return { optionsJson: await this.signIn.begin(scope, request.email) };
  }

  @Rpc(PasskeyService.method.finishPasskeySignIn)
  async finishPasskeySignIn(
    request: FinishPasskeySignInRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof FinishPasskeySignInResponseSchema>> {
    return { tokens: toTokenPair(await this.signIn.finish(scope, request)) };
  }

  @Rpc(PasskeyService.method.beginPasskeyReauthentication)
  async beginPasskeyReauthentication(
    _request: BeginPasskeyReauthenticationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BeginPasskeyReauthenticationResponseSchema>> {
    return { optionsJson: await this.reauthentication.begin(scope) };
  }

  @Rpc(PasskeyService.method.finishPasskeyReauthentication)
  async finishPasskeyReauthentication(
    request: FinishPasskeyReauthenticationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof FinishPasskeyReauthenticationResponseSchema>> {
    return { accessToken: toAccessToken(await this.reauthentication.finish(scope, request.credentialJson)) };
  }

  @Rpc(PasskeyService.method.listPasskeys)
  async listPasskeys(
    _request: ListPasskeysRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListPasskeysResponseSchema>> {
    return { passkeys: (await this.passkeys.list(scope)).map(toPasskey) };
  }

  @Rpc(PasskeyService.method.renamePasskey)
  async renamePasskey(
    request: RenamePasskeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RenamePasskeyResponseSchema>> {
    const { passkeyId, name } = request;
    return { passkey: toPasskey(await this.passkeys.rename(scope, passkeyId.toLowerCase(), name)) };
  }

  @Rpc(PasskeyService.method.removePasskey)
  async removePasskey(
    request: RemovePasskeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RemovePasskeyResponseSchema>> {
    await this.passkeys.remove(scope, request.passkeyId.toLowerCase());
    return {};
  }
}
