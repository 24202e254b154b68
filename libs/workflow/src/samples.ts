import type { Escalate, Step, StepConfig, WorkflowDefinition } from './types.js';

export const push: StepConfig = {
  kind: 'SEND_NOTIFICATION',
  type: 'push',
  templateId: '',
  templateVersion: 0,
  actionLabel: '',
  actionType: 'UNSPECIFIED',
  customVariables: {},
};

export function webhook(url: string, headers: Record<string, string> = {}): StepConfig {
  return { kind: 'CALL_WEBHOOK', name: 'hook', url, headers };
}

/** Asks for an acknowledgement. */
export const asking: StepConfig = { ...push, actionType: 'ACK' };

export const wait: StepConfig = { kind: 'DEADLINE_CHECK', delay: '72h' };

/** Tells the manager of each recipient who has not acknowledged, once. */
export const escalation: Escalate = {
  kind: 'ESCALATE',
  condition: 'IF_NOT_ACKED',
  targets: [{ type: 'MANAGER', targetId: '' }],
  repeatCount: 0,
  repeatIntervalMinutes: 0,
  mode: 'DELIVER',
  thirdPartyChannels: [],
};

export function markMissed(id: string, transitions: Record<string, string> = {}): Step {
  return { id, type: 'MARK_MISSED', transitions };
}

export function withConfig(config: StepConfig, transitions: Record<string, string> = {}, id = 'a'): Step {
  return { id, type: config.kind, transitions, config };
}

export function definition(...steps: Step[]): WorkflowDefinition {
  return { steps };
}

/** The default of the documentation: notify, wait, remind, mark, report. */
export const typical = definition(
  withConfig(asking, { completed: 'wait' }, 'send'),
  withConfig(wait, { completed: 'remind', all_acted: 'report' }, 'wait'),
  withConfig(
    { kind: 'SEND_REMINDER', type: 'push', thirdPartyChannels: [], notifyTargets: [] },
    { completed: 'mark' },
    'remind',
  ),
  markMissed('mark', { completed: 'report' }),
  withConfig(webhook('https://hooks.acme.example/x'), { failed: 'end' }, 'report'),
);
