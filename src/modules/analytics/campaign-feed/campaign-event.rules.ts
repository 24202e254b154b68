import { type EventRecord, hashOfText, type PropertyValue } from '../event/index.js';
import { deliveryKind, type NotedEvent } from '../../messaging/delivery/index.js';

const kinds: Readonly<Record<number, string>> = {
  [deliveryKind.primary]: 'primary',
  [deliveryKind.escalation]: 'escalation',
  [deliveryKind.reminderFyi]: 'reminder',
};

/** `campaign_sent`; of a copy for another member, `campaign_copy_sent`: who counts recipients does not count these. */
function eventName({ event, kind }: Pick<NotedEvent, 'event' | 'kind'>): string {
  return `campaign_${kind === deliveryKind.primary ? '' : 'copy_'}${event}`;
}

/** The same for the same happening, whenever it is made: with the time and the person, the analytics store counts it once. */
function eventId({ event, deliveryId, stepId, round }: NotedEvent): string {
  return hashOfText(`${deliveryId}/${event}${repeats(event) ? `/${stepId}/${round}` : ''}`);
}

/** What several steps, and rounds of a step, may do to one delivery. */
function repeats(event: NotedEvent['event']): boolean {
  return event === 'reminded' || event === 'escalated';
}

/** The event of a happening. It says nothing of the message's text, and of the member no more than the id. */
export function eventOf(noted: NotedEvent): EventRecord {
  const { campaignId, campaignName, stepId, round, kind, templateId, locale } = noted;
  const texts = {
    campaign_id: campaignId,
    campaign_name: campaignName,
    step_id: stepId,
    delivery_kind: kinds[kind] ?? '',
    template_id: templateId,
    locale,
  };
  const properties = Object.entries(texts)
    .filter(([, value]) => value !== '')
    .map(([name, value]): [string, PropertyValue] => [name, { type: 'string', value }]);
  return {
    eventId: eventId(noted),
    kind: eventName(noted),
    occurTime: noted.at.getTime(),
    distinctId: noted.userId,
    sessionId: '',
    cookieless: false,
    bot: false,
    properties: new Map([...properties, ['round', { type: 'integer', value: BigInt(round) }]]),
  };
}
