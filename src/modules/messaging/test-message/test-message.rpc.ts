import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type SendTestMessageRequest,
  type SendTestMessageResponseSchema,
  TestMessageService,
} from '@dovecote/contract/dovecote/campaign/v1/test_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toTestRequest } from './test-message.mapper.js';
import { TestMessages } from './test-messages.service.js';

@Controller()
export class TestMessageRpc {
  constructor(private readonly tests: TestMessages) {}

  @Rpc(TestMessageService.method.sendTestMessage)
  async sendTestMessage(
    request: SendTestMessageRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SendTestMessageResponseSchema>> {
    const { failures, ...outcome } = await this.tests.send(scope, toTestRequest(request));
    return { ...outcome, failures: [...failures] };
  }
}
