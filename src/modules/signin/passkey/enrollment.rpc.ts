import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type ConfirmPasskeyEnrollmentRequest,
  type ConfirmPasskeyEnrollmentResponseSchema,
  MemberService,
} from '@dovecote/contract/pidgr/v1/member_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Passkeys } from './passkeys.service.js';

/** The one method of MemberService that is about passkeys. */
@Controller()
export class EnrollmentRpc {
  constructor(private readonly passkeys: Passkeys) {}

  @Rpc(MemberService.method.confirmPasskeyEnrollment)
  async confirmPasskeyEnrollment(
    _request: ConfirmPasskeyEnrollmentRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ConfirmPasskeyEnrollmentResponseSchema>> {
    await this.passkeys.confirmEnrollment(scope);
    return { confirmed: true };
  }
}
