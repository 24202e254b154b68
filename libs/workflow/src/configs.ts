import { parseDuration } from './duration.js';
import type {
  CallWebhook,
  ChannelName,
  DeadlineCheck,
  Escalate,
  EscalationTarget,
  SendNotification,
  SendReminder,
  StepConfig,
  UncheckedStep,
} from './types.js';
import type { ValidateOptions, Violations } from './violation.js';
import { checkWebhookUrl } from './webhook-url.js';

const MINUTE = 60_000;
const SHORTEST_DELAY = MINUTE;
const LONGEST_DELAY = 8760 * 60 * MINUTE;

/** Names of the config fields on the wire. */
const CONFIG_FIELD: Record<StepConfig['kind'], string> = {
  SEND_NOTIFICATION: 'send_notification',
  DEADLINE_CHECK: 'deadline_check',
  SEND_REMINDER: 'send_reminder',
  CALL_WEBHOOK: 'call_webhook',
  ESCALATE: 'escalate_config',
};

/** What the content, its signature and the connection decide. */
const ownHeaders =
  /^(host|content-type|content-length|content-encoding|webhook-.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect)$/i;

/** Exactly one config, of the step's type; none for MARK_MISSED. */
export function checkConfig(step: UncheckedStep, options: ValidateOptions, at: Violations): void {
  const { type, config } = step;
  if (type === 'UNSPECIFIED') return at.at('type').add('is required');
  if (!Object.hasOwn(CONFIG_FIELD, type) && type !== 'MARK_MISSED') return at.at('type').add('is unknown');
  if (config && config.kind !== type) {
    return at.at(CONFIG_FIELD[config.kind]).add(`does not belong to a ${type} step`);
  }
  if (config) return checkFields(config, options, at.at(CONFIG_FIELD[config.kind]));
  if (type !== 'MARK_MISSED') at.at(CONFIG_FIELD[type]).add(`is required for a ${type} step`);
}

function checkFields(config: StepConfig, options: ValidateOptions, at: Violations): void {
  switch (config.kind) {
    case 'SEND_NOTIFICATION':
      return checkSendNotification(config, at);
    case 'DEADLINE_CHECK':
      return checkDeadlineCheck(config, at);
    case 'SEND_REMINDER':
      return checkSendReminder(config, at);
    case 'CALL_WEBHOOK':
      return checkCallWebhook(config, options, at);
    case 'ESCALATE':
      return checkEscalate(config, at);
  }
}

function checkSendNotification(config: SendNotification, at: Violations): void {
  checkPush(config.type, at.at('type'));
  at.at('template_id').atMost(36, config.templateId);
  at.at('template_version').require(config.templateVersion >= 0, 'must not be negative');
  at.at('action_label').atMost(50, config.actionLabel);
  checkEntries(config.customVariables, { entries: 100, key: 100, value: 10_000 }, at.at('custom_variables'));
}

function checkDeadlineCheck(config: DeadlineCheck, at: Violations): void {
  const delay = parseDuration(config.delay);
  const description = 'must be a duration between 1m and 8760h, such as "72h" or "1h30m"';
  at.at('delay').require(
    delay !== undefined && delay >= SHORTEST_DELAY && delay <= LONGEST_DELAY,
    description,
  );
}

function checkSendReminder(config: SendReminder, at: Violations): void {
  checkPush(config.type, at.at('type'));
  checkChannels(config.thirdPartyChannels, at.at('third_party_channels'));
  checkTargets(config.notifyTargets, 5, at.at('notify_targets'));
}

function checkCallWebhook(config: CallWebhook, options: ValidateOptions, at: Violations): void {
  at.at('name').atMost(200, config.name);
  checkWebhookUrl(config.url, options, at.at('url'));
  checkEntries(config.headers, { entries: 20, key: 200, value: 2000 }, at.at('headers'));
  for (const [name, value] of Object.entries(config.headers)) {
    // A line break would add headers, or a second request.
    at.at('headers')
      .key(name)
      .require(
        /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(value),
        'is not a valid HTTP header',
      );
    at.at('headers').key(name).require(!ownHeaders.test(name), 'is a header that the call sets itself');
  }
}

function checkEscalate(config: Escalate, at: Violations): void {
  at.at('condition').require(config.condition !== 'UNSPECIFIED', 'is required');
  at.at('targets').require(config.targets.length > 0, 'must name at least one target');
  checkTargets(config.targets, 100, at.at('targets'));
  at.at('repeat_count').require(
    config.repeatCount >= 0 && config.repeatCount <= 5,
    'must be between 0 and 5',
  );
  at.at('repeat_interval_minutes').require(
    config.repeatIntervalMinutes >= (config.repeatCount > 0 ? 1 : 0) &&
      config.repeatIntervalMinutes <= LONGEST_DELAY / MINUTE,
    'must be at least 1 when the step repeats, and at most 525600',
  );
  checkChannels(config.thirdPartyChannels, at.at('third_party_channels'));
}

function checkPush(type: string, at: Violations): void {
  at.require(type === 'push', 'must be "push"');
}

function checkChannels(channels: ChannelName[], at: Violations): void {
  channels.forEach((channel, index) =>
    at.at(index).require(channel !== 'UNSPECIFIED', 'must name a channel'),
  );
}

function checkTargets(targets: EscalationTarget[], limit: number, at: Violations): void {
  if (targets.length > limit) return at.add(`must have at most ${limit} targets`);
  targets.forEach(({ type, targetId }, index) => {
    const target = at.at(index);
    target.at('type').require(type !== 'UNSPECIFIED', 'is required');
    target.at('target_id').atMost(100, targetId);
    if (type === 'MANAGER') target.at('target_id').require(targetId === '', 'must be empty for MANAGER');
    else target.at('target_id').require(targetId !== '', 'is required');
  });
}

function checkEntries(
  entries: Record<string, string>,
  limits: { entries: number; key: number; value: number },
  at: Violations,
): void {
  const list = Object.entries(entries);
  if (list.length > limits.entries) return at.add(`must have at most ${limits.entries} entries`);
  for (const [key, value] of list) {
    at.key(key).require(key !== '', 'must have a key');
    at.key(key).atMost(limits.key, key);
    at.key(key).atMost(limits.value, value);
  }
}
