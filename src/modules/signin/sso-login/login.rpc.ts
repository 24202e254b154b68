import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  ConnectionService,
  type GetLoginRequest,
  type GetLoginResponseSchema,
  type ListLoginsRequest,
  type ListLoginsResponseSchema,
  type StartTestLoginRequest,
  type StartTestLoginResponseSchema,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toLogin } from './login.mapper.js';
import { Logins } from './logins.service.js';
import { SsoSignIn } from './sso-sign-in.service.js';

@Controller()
export class LoginRpc {
  constructor(
    private readonly logins: Logins,
    private readonly signIn: SsoSignIn,
  ) {}

  @Rpc(ConnectionService.method.startTestLogin)
  startTestLogin(
    request: StartTestLoginRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof StartTestLoginResponseSchema>> {
    return this.signIn.startTest(scope, request.connectionId.toLowerCase());
  }

  @Rpc(ConnectionService.method.listLogins)
  async listLogins(
    request: ListLoginsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListLoginsResponseSchema>> {
    const connectionId = request.connectionId.toLowerCase() || undefined;
    const filter = { connectionId, outcome: request.outcome };
    const { items, pagination } = await this.logins.list(scope, filter, request.pagination);
    return { logins: items.map(toLogin), pagination };
  }

  @Rpc(ConnectionService.method.getLogin)
  async getLogin(
    request: GetLoginRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetLoginResponseSchema>> {
    return { login: toLogin(await this.logins.get(scope, request.loginId.toLowerCase())) };
  }
}
