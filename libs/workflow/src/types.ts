export type StepType =
  'SEND_NOTIFICATION' | 'DEADLINE_CHECK' | 'SEND_REMINDER' | 'CALL_WEBHOOK' | 'MARK_MISSED' | 'ESCALATE';

/** 'UNSPECIFIED' is what a client sends by leaving the field out. */
export type ActionType = 'UNSPECIFIED' | 'ACK';
export type EscalationCondition = 'UNSPECIFIED' | 'IF_NOT_ACKED' | 'IF_NOT_CLOSED';
export type EscalationTargetType = 'UNSPECIFIED' | 'USER' | 'GROUP' | 'MANAGER' | 'ROLE';
export type EscalateMode = 'UNSPECIFIED' | 'DELIVER' | 'ALERT_ONLY';
export type ChannelName =
  | 'UNSPECIFIED'
  | 'EMAIL'
  | 'WEBHOOK'
  | 'TELEGRAM'
  | 'SLACK'
  | 'SMS'
  | 'WHATSAPP'
  | 'MICROSOFT_TEAMS'
  | 'LINE'
  | 'GOOGLE_CHAT';

export interface SendNotification {
  kind: 'SEND_NOTIFICATION';
  type: string;
  /** Empty: the campaign's template. */
  templateId: string;
  /** 0: the campaign's version. */
  templateVersion: number;
  actionLabel: string;
  actionType: ActionType;
  customVariables: Record<string, string>;
}

export interface DeadlineCheck {
  kind: 'DEADLINE_CHECK';
  /** As clients write it: "72h", "1h30m". */
  delay: string;
}

export interface EscalationTarget {
  type: EscalationTargetType;
  /** Empty for MANAGER, who follows from the recipient. */
  targetId: string;
}

export interface SendReminder {
  kind: 'SEND_REMINDER';
  type: string;
  thirdPartyChannels: ChannelName[];
  notifyTargets: EscalationTarget[];
}

export interface CallWebhook {
  kind: 'CALL_WEBHOOK';
  name: string;
  url: string;
  headers: Record<string, string>;
}

export interface Escalate {
  kind: 'ESCALATE';
  condition: EscalationCondition;
  targets: EscalationTarget[];
  repeatCount: number;
  repeatIntervalMinutes: number;
  mode: EscalateMode;
  thirdPartyChannels: ChannelName[];
}

export type StepConfig = SendNotification | DeadlineCheck | SendReminder | CallWebhook | Escalate;

export interface Step {
  id: string;
  type: StepType;
  /** Outcome label → id of the next step, or `end`. */
  transitions: Record<string, string>;
  config?: StepConfig;
}

/** Steps of an acyclic graph; the first in the list is where a run starts. */
export interface WorkflowDefinition {
  steps: Step[];
}

/** A step as a client may send it: nothing is known about it yet. */
export interface UncheckedStep extends Omit<Step, 'type'> {
  type: StepType | 'UNSPECIFIED';
}

export interface UncheckedDefinition {
  steps: UncheckedStep[];
}
