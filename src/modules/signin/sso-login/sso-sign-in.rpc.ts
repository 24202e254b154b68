import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type ExchangeSsoCodeRequest,
  type ExchangeSsoCodeResponseSchema,
  SsoSignInService,
  type StartSsoSignInRequest,
  type StartSsoSignInResponseSchema,
  type StartSsoSignOutRequest,
  type StartSsoSignOutResponseSchema,
} from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toTokenPair } from '../auth/index.js';
import { type Hint, SsoSignIn } from './sso-sign-in.service.js';
import { SsoSignOut } from './sso-sign-out.service.js';

@Controller()
export class SsoSignInRpc {
  constructor(
    private readonly signIn: SsoSignIn,
    private readonly signOut: SsoSignOut,
  ) {}

  @Rpc(SsoSignInService.method.startSsoSignIn)
  async startSsoSignIn(
    { hint, redirectUri, state, codeChallenge }: StartSsoSignInRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof StartSsoSignInResponseSchema>> {
    const url = await this.signIn.start(scope, { hint: toHint(hint), redirectUri, state, codeChallenge });
    return { url };
  }

  @Rpc(SsoSignInService.method.exchangeSsoCode)
  async exchangeSsoCode(
    { code, codeVerifier, deviceName }: ExchangeSsoCodeRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ExchangeSsoCodeResponseSchema>> {
    return { tokens: toTokenPair(await this.signIn.exchange(scope, { code, codeVerifier, deviceName })) };
  }

  @Rpc(SsoSignInService.method.startSsoSignOut)
  async startSsoSignOut(
    _request: StartSsoSignOutRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof StartSsoSignOutResponseSchema>> {
    return { url: await this.signOut.start(scope) };
  }
}

function toHint(hint: StartSsoSignInRequest['hint']): Hint {
  if (hint.case === 'providerName') return { providerName: hint.value };
  // A rule of the contract: one of the two is there.
  return { email: hint.value ?? '' };
}
