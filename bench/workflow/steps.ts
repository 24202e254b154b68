import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ActionType,
  EscalationCondition,
  EscalationTargetType,
  StepType,
  type WorkflowStepSchema,
} from '@dovecote/contract/pidgr/v1/common_pb';

/** Send, remind, wait, escalate to one member, mark. */
export function chasingSteps(managerId: string): MessageInitShape<typeof WorkflowStepSchema>[] {
  return [
    {
      id: 'send',
      type: StepType.SEND_NOTIFICATION,
      config: { case: 'sendNotification', value: { type: 'push', actionType: ActionType.ACK } },
      transitions: { completed: 'remind' },
    },
    {
      id: 'remind',
      type: StepType.SEND_REMINDER,
      config: { case: 'sendReminder', value: { type: 'push' } },
      transitions: { completed: 'wait' },
    },
    {
      id: 'wait',
      type: StepType.DEADLINE_CHECK,
      config: { case: 'deadlineCheck', value: { delay: '1m' } },
      transitions: { completed: 'escalate' },
    },
    {
      id: 'escalate',
      type: StepType.ESCALATE,
      config: {
        case: 'escalateConfig',
        value: {
          condition: EscalationCondition.IF_NOT_ACKED,
          targets: [{ type: EscalationTargetType.USER, targetId: managerId }],
        },
      },
      transitions: { completed: 'mark' },
    },
    { id: 'mark', type: StepType.MARK_MISSED },
  ];
}
