import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  AuthService,
  type ListSessionsRequest,
  type ListSessionsResponseSchema,
  type ReauthenticateRequest,
  type ReauthenticateResponseSchema,
  type RefreshTokenRequest,
  type RefreshTokenResponseSchema,
  type RequestSignInCodeRequest,
  type RequestSignInCodeResponseSchema,
  type RevokeMemberSessionsRequest,
  type RevokeMemberSessionsResponseSchema,
  type RevokeOtherSessionsRequest,
  type RevokeOtherSessionsResponseSchema,
  type RevokeSessionRequest,
  type RevokeSessionResponseSchema,
  type SignOutRequest,
  type SignOutResponseSchema,
  type VerifySignInCodeRequest,
  type VerifySignInCodeResponseSchema,
  type VerifySignInLinkRequest,
  type VerifySignInLinkResponseSchema,
  type WhoAmIRequest,
  type WhoAmIResponseSchema,
} from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Members } from '../../people/member/index.js';
import { toAccessToken, toSession, toTokenPair, toWhoAmI } from './auth.mapper.js';
import { Sessions } from './sessions.service.js';
import { SignIn } from './sign-in.service.js';
import { WhoAmI } from './who-am-i.service.js';

@Controller()
export class AuthRpc {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: Sessions,
    private readonly self: WhoAmI,
    private readonly members: Members,
  ) {}

  @Rpc(AuthService.method.requestSignInCode)
  async requestSignInCode(
    request: RequestSignInCodeRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RequestSignInCodeResponseSchema>> {
    return { state: await this.signIn.requestCode(scope, request.email) };
  }

  @Rpc(AuthService.method.verifySignInCode)
  async verifySignInCode(
    request: VerifySignInCodeRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof VerifySignInCodeResponseSchema>> {
    const input = request;
    return { tokens: toTokenPair(await this.signIn.verifyCode(scope, input)) };
  }

  @Rpc(AuthService.method.verifySignInLink)
  async verifySignInLink(
    request: VerifySignInLinkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof VerifySignInLinkResponseSchema>> {
    return { tokens: toTokenPair(await this.signIn.verifyLink(scope, request)) };
  }

  @Rpc(AuthService.method.refreshToken)
  async refreshToken(
    request: RefreshTokenRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RefreshTokenResponseSchema>> {
    return { tokens: toTokenPair(await this.sessions.refresh(scope, request.refreshToken)) };
  }

  @Rpc(AuthService.method.reauthenticate)
  async reauthenticate(
    request: ReauthenticateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ReauthenticateResponseSchema>> {
    return { accessToken: toAccessToken(await this.signIn.reauthenticate(scope, request.code)) };
  }

  @Rpc(AuthService.method.signOut)
  async signOut(
    _request: SignOutRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SignOutResponseSchema>> {
    await this.sessions.signOut(scope, scope.sessionId);
    return {};
  }

  @Rpc(AuthService.method.listSessions)
  async listSessions(
    _request: ListSessionsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListSessionsResponseSchema>> {
    const sessions = await this.sessions.list(scope);
    return { sessions: sessions.map((session) => toSession(session, scope.sessionId)) };
  }

  @Rpc(AuthService.method.revokeSession)
  async revokeSession(
    request: RevokeSessionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeSessionResponseSchema>> {
    await this.sessions.revoke(scope, request.sessionId.toLowerCase());
    return {};
  }

  @Rpc(AuthService.method.revokeOtherSessions)
  async revokeOtherSessions(
    _request: RevokeOtherSessionsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeOtherSessionsResponseSchema>> {
    return { revokedCount: await this.sessions.revokeOthers(scope) };
  }

  @Rpc(AuthService.method.revokeMemberSessions)
  async revokeMemberSessions(
    request: RevokeMemberSessionsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeMemberSessionsResponseSchema>> {
    await this.members.signOut(scope, request.userId.toLowerCase());
    return {};
  }

  @Rpc(AuthService.method.whoAmI)
  async whoAmI(
    _request: WhoAmIRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof WhoAmIResponseSchema>> {
    return toWhoAmI(await this.self.answer(scope), scope.permissions);
  }
}
