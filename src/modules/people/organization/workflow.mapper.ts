import type { MessageInitShape } from '@bufbuild/protobuf';
import { ChannelName } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import {
  ActionType,
  EscalateMode,
  EscalationCondition,
  type EscalationTarget,
  EscalationTargetType,
  StepType,
  type WorkflowDefinition,
  type WorkflowDefinitionSchema,
  type WorkflowStep,
  type WorkflowStepSchema,
} from '@dovecote/contract/pidgr/v1/common_pb';
import type {
  StepConfig,
  UncheckedDefinition,
  UncheckedStep,
  WorkflowDefinition as Definition,
} from '@dovecote/workflow';

/** The name of an enum value; numbers that this release does not know count as unspecified. */
function nameOf<E extends Record<string, string | number>>(enumeration: E, value: number): keyof E {
  // A numeric enum maps numbers back to names; TypeScript's type of it says only string | number.
  return (enumeration[value] ?? 'UNSPECIFIED') as keyof E;
}

/** The contract's workflow as the one that rules are about; nothing is checked yet. */
export function toDefinition(workflow: WorkflowDefinition): UncheckedDefinition {
  return { steps: workflow.steps.map(toStep) };
}

function toStep(step: WorkflowStep): UncheckedStep {
  return {
    id: step.id,
    type: nameOf(StepType, step.type),
    transitions: { ...step.transitions },
    config: toConfig(step.config),
  };
}

function toConfig(config: WorkflowStep['config']): StepConfig | undefined {
  switch (config.case) {
    case undefined:
      return undefined;
    case 'sendNotification': {
      const { type, templateId, templateVersion, actionLabel, actionType, customVariables } = config.value;
      return {
        kind: 'SEND_NOTIFICATION',
        type,
        templateId,
        templateVersion,
        actionLabel,
        actionType: nameOf(ActionType, actionType),
        customVariables: { ...customVariables },
      };
    }
    case 'deadlineCheck':
      return { kind: 'DEADLINE_CHECK', delay: config.value.delay };
    case 'sendReminder':
      return {
        kind: 'SEND_REMINDER',
        type: config.value.type,
        thirdPartyChannels: config.value.thirdPartyChannels.map((channel) => nameOf(ChannelName, channel)),
        notifyTargets: config.value.notifyTargets.map(toTarget),
      };
    case 'callWebhook':
      return {
        kind: 'CALL_WEBHOOK',
        name: config.value.name,
        url: config.value.url,
        headers: { ...config.value.headers },
      };
    case 'escalateConfig':
      return {
        kind: 'ESCALATE',
        condition: nameOf(EscalationCondition, config.value.condition),
        targets: config.value.targets.map(toTarget),
        repeatCount: config.value.repeatCount,
        repeatIntervalMinutes: config.value.repeatIntervalMinutes,
        mode: nameOf(EscalateMode, config.value.mode),
        thirdPartyChannels: config.value.thirdPartyChannels.map((channel) => nameOf(ChannelName, channel)),
      };
  }
}

function toTarget(target: EscalationTarget) {
  return { type: nameOf(EscalationTargetType, target.type), targetId: target.targetId };
}

/** A stored workflow in the contract's form. */
export function fromDefinition(definition: Definition): MessageInitShape<typeof WorkflowDefinitionSchema> {
  return {
    steps: definition.steps.map((step) => ({
      id: step.id,
      type: StepType[step.type],
      transitions: step.transitions,
      config: step.config && fromConfig(step.config),
    })),
  };
}

type ConfigInit = MessageInitShape<typeof WorkflowStepSchema>['config'];

function fromConfig(config: StepConfig): ConfigInit {
  switch (config.kind) {
    case 'SEND_NOTIFICATION':
      return { case: 'sendNotification', value: { ...config, actionType: ActionType[config.actionType] } };
    case 'DEADLINE_CHECK':
      return { case: 'deadlineCheck', value: { delay: config.delay } };
    case 'SEND_REMINDER':
      return {
        case: 'sendReminder',
        value: {
          type: config.type,
          thirdPartyChannels: config.thirdPartyChannels.map((channel) => ChannelName[channel]),
          notifyTargets: config.notifyTargets.map(fromTarget),
        },
      };
    case 'CALL_WEBHOOK':
      return { case: 'callWebhook', value: { name: config.name, url: config.url, headers: config.headers } };
    case 'ESCALATE':
      return {
        case: 'escalateConfig',
        value: {
          condition: EscalationCondition[config.condition],
          targets: config.targets.map(fromTarget),
          repeatCount: config.repeatCount,
          repeatIntervalMinutes: config.repeatIntervalMinutes,
          mode: EscalateMode[config.mode],
          thirdPartyChannels: config.thirdPartyChannels.map((channel) => ChannelName[channel]),
        },
      };
  }
}

function fromTarget({ type, targetId }: { type: keyof typeof EscalationTargetType; targetId: string }) {
  return { type: EscalationTargetType[type], targetId };
}
