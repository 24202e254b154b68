import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  AuthService,
  type CompleteMagicLinkRequest,
  type CompleteMagicLinkResponseSchema,
  type CompleteOIDCSignInRequest,
  type CompleteOIDCSignInResponseSchema,
  type DemoSignInRequest,
  type DemoSignInResponseSchema,
  type GetAuthConfigRequest,
  type GetAuthConfigResponseSchema,
  type RefreshSessionRequest,
  type RefreshSessionResponseSchema,
  type RequestMagicLinkRequest,
  type RequestMagicLinkResponseSchema,
  type SignInWithEmailRequest,
  type SignInWithEmailResponseSchema,
  type SignOutRequest,
  type SignOutResponseSchema,
} from '@dovecote/contract/public/auth/v1/auth_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { DashboardProvider } from './dashboard-provider.service.js';
import { DashboardSignIn } from './dashboard-sign-in.service.js';
import { DemoSignIn } from './demo.service.js';
import { toPair, toProvider } from './sign-in.mapper.js';

/** `public.auth.v1`: the shipped contract. */
@Controller()
export class DashboardAuthRpc {
  constructor(
    private readonly signIn: DashboardSignIn,
    private readonly provider: DashboardProvider,
    private readonly demo: DemoSignIn,
  ) {}

  @Rpc(AuthService.method.getAuthConfig)
  getAuthConfig(
    _request: GetAuthConfigRequest,
    _scope: Scope,
  ): Promise<MessageInitShape<typeof GetAuthConfigResponseSchema>> {
    const offered = this.provider.offered();
    return Promise.resolve({ providers: offered ? [toProvider(offered)] : [] });
  }

  @Rpc(AuthService.method.signInWithEmail)
  async signInWithEmail(
    request: SignInWithEmailRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SignInWithEmailResponseSchema>> {
    return toPair((await this.signIn.byPassword(scope, request)).tokens);
  }

  @Rpc(AuthService.method.requestMagicLink)
  async requestMagicLink(
    request: RequestMagicLinkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RequestMagicLinkResponseSchema>> {
    await this.signIn.requestLink(scope, request.email);
    return {};
  }

  @Rpc(AuthService.method.completeMagicLink)
  async completeMagicLink(
    request: CompleteMagicLinkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CompleteMagicLinkResponseSchema>> {
    return toPair((await this.signIn.byLink(scope, request)).tokens);
  }

  @Rpc(AuthService.method.completeOIDCSignIn)
  async completeOidcSignIn(
    request: CompleteOIDCSignInRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CompleteOIDCSignInResponseSchema>> {
    return toPair((await this.signIn.byProvider(scope, request)).tokens);
  }

  @Rpc(AuthService.method.refreshSession)
  async refreshSession(
    request: RefreshSessionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RefreshSessionResponseSchema>> {
    return toPair(await this.signIn.refresh(scope, request.refreshToken));
  }

  @Rpc(AuthService.method.signOut)
  async signOut(
    request: SignOutRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SignOutResponseSchema>> {
    await this.signIn.signOut(scope, request.refreshToken);
    return {};
  }

  @Rpc(AuthService.method.demoSignIn)
  async demoSignIn(
    _request: DemoSignInRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DemoSignInResponseSchema>> {
    const { tokens, projectId } = await this.demo.open(scope);
    return { ...toPair(tokens), projectId };
  }
}
