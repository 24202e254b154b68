import { createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ActionType, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import type { Message } from '@bufbuild/protobuf';
import { type Call, rowsInPage } from './calls.js';
import type { Dovecote } from './dovecote.js';

/** Send, wait three days, mark as missed: the usual campaign. */
const workflow = {
  steps: [
    {
      id: 'send',
      type: StepType.SEND_NOTIFICATION,
      config: {
        case: 'sendNotification' as const,
        value: { type: 'push', actionLabel: 'I have read it', actionType: ActionType.ACK },
      },
      transitions: { completed: 'wait' },
    },
    {
      id: 'wait',
      type: StepType.DEADLINE_CHECK,
      config: { case: 'deadlineCheck' as const, value: { delay: '72h' } },
      transitions: { completed: 'missed' },
    },
    { id: 'missed', type: StepType.MARK_MISSED },
  ],
};

/** Clients of the demo organization's API key. */
export function transportTo({ url, apiKey }: Dovecote) {
  const authorize: Interceptor = (next) => (request) => {
    request.header.set('authorization', `Bearer ${apiKey}`);
    return next(request);
  };
  return createGrpcTransport({ baseUrl: url, interceptors: [authorize] });
}

/** Creates, through the API, what the measured calls list. */
export async function seed(server: Dovecote): Promise<void> {
  const transport = transportTo(server);
  const { user } = await createClient(MemberService, transport).inviteUser({
    email: 'ada@acme.example',
    name: 'Ada',
  });
  await createCampaigns(transport, [user!.id], rowsInPage);
}

/** In an organization whose people may be asked. */
export async function createCampaigns(transport: Transport, userIds: string[], count: number): Promise<void> {
  const { template } = await createClient(TemplateService, transport).createTemplate({
    name: 'Fire drill',
    title: 'Fire drill on Monday',
    body: 'Please confirm that you have read this.',
  });
  for (let number = 1; number <= count; number++) {
    await createClient(CampaignService, transport).createCampaign({
      name: `Fire drill ${number}`,
      templateId: template!.id,
      senderName: 'Safety team',
      userIds,
      workflow,
    });
  }
}

/** What the server answers to the call. */
export async function answerOf(transport: Transport, { method, request }: Call): Promise<Message> {
  if (method.methodKind !== 'unary') throw new Error(`${method.name} is no unary method.`);
  // The kind is checked above; the compiler does not narrow the descriptor by it.
  const unary = method as typeof method & { methodKind: 'unary' };
  const { message } = await transport.unary(unary, undefined, undefined, undefined, request);
  return message;
}
