import type { SendTestMessageRequest } from '@dovecote/contract/dovecote/campaign/v1/test_pb';
import type { TestRequest } from './test-messages.service.js';

export function toTestRequest({ message, groupId, variables, locale }: SendTestMessageRequest): TestRequest {
  return { message: toMessage(message), groupId, variables, locale };
}

function toMessage(message: SendTestMessageRequest['message']): TestRequest['message'] {
  switch (message.case) {
    case 'campaign': {
      const { campaignId, stepId } = message.value;
      return { kind: 'campaign', campaignId, stepId };
    }
    case 'template': {
      const { templateId, version } = message.value;
      return { kind: 'template', templateId, version };
    }
    case undefined:
      throw new Error('The rules of the contract admit no request without a message.');
  }
}
