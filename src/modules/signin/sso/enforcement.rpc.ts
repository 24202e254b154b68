import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type ArmBreakGlassRequest,
  type ArmBreakGlassResponseSchema,
  type DisarmBreakGlassRequest,
  type DisarmBreakGlassResponseSchema,
  EnforcementService,
  type GetEnforcementRequest,
  type GetEnforcementResponseSchema,
  type SetEnforcementRequest,
  type SetEnforcementResponseSchema,
} from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toEnforcement } from './enforcement.mapper.js';
import { Enforcement } from './enforcement.service.js';

@Controller()
export class EnforcementRpc {
  constructor(private readonly enforcement: Enforcement) {}

  @Rpc(EnforcementService.method.getEnforcement)
  async getEnforcement(
    _request: GetEnforcementRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetEnforcementResponseSchema>> {
    return { enforcement: toEnforcement(await this.enforcement.get(scope)) };
  }

  @Rpc(EnforcementService.method.setEnforcement)
  async setEnforcement(
    request: SetEnforcementRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetEnforcementResponseSchema>> {
    return { enforcement: toEnforcement(await this.enforcement.set(scope, request.enforced)) };
  }

  @Rpc(EnforcementService.method.armBreakGlass)
  async armBreakGlass(
    request: ArmBreakGlassRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ArmBreakGlassResponseSchema>> {
    const enforced = await this.enforcement.arm(scope, request.userId.toLowerCase(), request.hours);
    return { enforcement: toEnforcement(enforced) };
  }

  @Rpc(EnforcementService.method.disarmBreakGlass)
  async disarmBreakGlass(
    request: DisarmBreakGlassRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DisarmBreakGlassResponseSchema>> {
    const enforced = await this.enforcement.disarm(scope, request.userId.toLowerCase());
    return { enforcement: toEnforcement(enforced) };
  }
}
