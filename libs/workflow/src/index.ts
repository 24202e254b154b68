export {
  addresseesOf,
  type Manager,
  MOST_PER_RECIPIENT,
  MOST_PER_STEP,
  type NamedTargets,
} from './addressees.js';
export { parseDuration } from './duration.js';
export { askingSteps, awaitedSteps, END, firstStep, next, stepById, stepsBehind } from './graph.js';
export { COMPLETED, FAILED } from './outcomes.js';
export { isDue, transition } from './run.js';
export type { RunEvent, RunState, Transition } from './run.js';
export type {
  ActionType,
  CallWebhook,
  ChannelName,
  DeadlineCheck,
  Escalate,
  EscalateMode,
  EscalationCondition,
  EscalationTarget,
  EscalationTargetType,
  SendNotification,
  SendReminder,
  Step,
  StepConfig,
  StepType,
  UncheckedDefinition,
  UncheckedStep,
  WorkflowDefinition,
} from './types.js';
export { validate } from './validate.js';
export type { ValidateOptions, Violation } from './violation.js';
export { shortenedWait, type Wait, waitsAhead } from './waits.js';
export { validateWebhookUrl } from './webhook-url.js';
