import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  ActionService,
  type SubmitActionRequest,
  type SubmitActionResponseSchema,
} from '@dovecote/contract/pidgr/v1/action_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Inboxes } from './inbox.service.js';

@Controller()
export class ActionRpc {
  constructor(private readonly inboxes: Inboxes) {}

  @Rpc(ActionService.method.submitAction)
  async submitAction(
    { deliveryId, actionId, payload }: SubmitActionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SubmitActionResponseSchema>> {
    await this.inboxes.submitAction(scope, deliveryId, { actionId, payload });
    return { success: true };
  }
}
