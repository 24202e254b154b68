import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  AuthService,
  type AuthResponseSchema,
  type RefreshTokenRequest,
  type SignInRequest,
  type SignInWithMagicLinkRequest,
  type SignInWithOAuthRequest,
  type SignUpRequest,
} from '@dovecote/contract/auth/v1/auth_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { DocumentedSignIn, type Outcome } from './documented-sign-in.service.js';
import { toAuthResponse } from './sign-in.mapper.js';

type Answer = MessageInitShape<typeof AuthResponseSchema>;

/** `auth.v1`: the documented contract. */
@Controller()
export class DocumentedAuthRpc {
  constructor(private readonly signIn: DocumentedSignIn) {}

  @Rpc(AuthService.method.signUp)
  async signUp(request: SignUpRequest, scope: Scope): Promise<Answer> {
    return answer(await this.signIn.signUp(scope, request));
  }

  @Rpc(AuthService.method.signIn)
  async byPassword(request: SignInRequest, scope: Scope): Promise<Answer> {
    return answer(await this.signIn.byPassword(scope, request));
  }

  @Rpc(AuthService.method.signInWithMagicLink)
  async byLink({ step, timezone }: SignInWithMagicLinkRequest, scope: Scope): Promise<Answer> {
    return answer(
      step.case === 'token'
        ? await this.signIn.byLink(scope, { token: step.value, timezone })
        : await this.signIn.requestLink(scope, step.value ?? ''),
    );
  }

  @Rpc(AuthService.method.signInWithOAuth)
  async byIdToken(request: SignInWithOAuthRequest, scope: Scope): Promise<Answer> {
    return answer(await this.signIn.byIdToken(scope, request));
  }

  @Rpc(AuthService.method.refreshToken)
  async refreshToken(request: RefreshTokenRequest, scope: Scope): Promise<Answer> {
    return answer(await this.signIn.refresh(scope, request.refreshToken));
  }
}

function answer(outcome: Outcome): Answer {
  return outcome === 'mail_sent' ? { emailSent: true } : toAuthResponse(outcome.tokens, outcome.account);
}
