import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetPasswordSettingsRequest,
  type GetPasswordSettingsResponseSchema,
  PasswordSettingsService,
  type UpdatePasswordSettingsRequest,
  type UpdatePasswordSettingsResponseSchema,
} from '@dovecote/contract/dovecote/auth/v1/password_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromSetting, toSetting } from './password.mapper.js';
import { PasswordSettings } from './password-settings.service.js';

@Controller()
export class PasswordRpc {
  constructor(private readonly settings: PasswordSettings) {}

  @Rpc(PasswordSettingsService.method.getPasswordSettings)
  async getPasswordSettings(
    _request: GetPasswordSettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetPasswordSettingsResponseSchema>> {
    const { decided, enabled } = await this.settings.get(scope);
    return { setting: toSetting(decided), enabled };
  }

  @Rpc(PasswordSettingsService.method.updatePasswordSettings)
  async updatePasswordSettings(
    request: UpdatePasswordSettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdatePasswordSettingsResponseSchema>> {
    const { enabled } = await this.settings.decide(scope, fromSetting(request.setting));
    return { enabled };
  }
}
