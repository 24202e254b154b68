import { type Imported, LineError } from '../imported.js';
import type { LineContext } from '../line-context.js';
import { isObject, ownName, textAt } from '../properties.js';
import { personOf } from './person.js';

const inProperties: Readonly<Record<string, string>> = {
  url: '$url',
  path: '$pathname',
  referrer: '$referrer',
  title: '$pageTitle',
};

/** A track, page, screen, identify or alias call; other calls hold nothing that is imported. */
export function ofSegment(value: unknown, context: LineContext): Imported {
  if (!isObject(value)) throw new LineError('', 'is no object');
  const type = textAt(value, 'type');
  const userId = textAt(value, 'userId') || textAt(value, 'user_id');
  const anonymousId = textAt(value, 'anonymousId') || textAt(value, 'anonymous_id');
  if (type === 'identify') {
    if (userId === '') return { type: 'skipped' };
    return personOf(userId, 'userId', value['traits'], { links: anonymousId ? [anonymousId] : [] });
  }
  if (type === 'alias')
    return personOf(
      userId,
      'userId',
      {},
      { links: [textAt(value, 'previousId')].filter(Boolean), isAlias: true },
    );
  if (type !== 'track' && type !== 'page' && type !== 'screen') return { type: 'skipped' };
  const properties = context.properties;
  properties.addAll(value['properties'], 'properties', (name) =>
    type === 'track' ? ownName(name) : (inProperties[name] ?? ownName(name)),
  );
  const name = textAt(value, 'name');
  if (name !== '' && type !== 'track') properties.add('name', name, 'name');
  addContext(value['context'], properties);
  const kinds = { track: textAt(value, 'event'), page: 'page_view', screen: 'screen_view' };
  const timeField = value['timestamp'] === undefined ? 'originalTimestamp' : 'timestamp';
  return context.event({
    kind: kinds[type],
    kindField: 'event',
    time: value[timeField],
    timeField,
    distinctId: userId || anonymousId,
    distinctIdField: userId ? 'userId' : 'anonymousId',
    eventId: textAt(value, 'messageId') || textAt(value, 'message_id'),
    properties,
  });
}

function addContext(context: unknown, properties: LineContext['properties']): void {
  if (!isObject(context)) return;
  const inside = (name: string): Record<string, unknown> => {
    const found = context[name];
    return isObject(found) ? found : {};
  };
  const [page, campaign, os, device, app] = ['page', 'campaign', 'os', 'device', 'app'].map(inside);
  const add = (
    object: Record<string, unknown> | undefined,
    field: string,
    member: string,
    name: string,
  ): void => {
    if (object && !properties.values.has(name))
      properties.add(name, textAt(object, member), `context.${field}.${member}`);
  };
  for (const [member, name] of Object.entries(inProperties)) add(page, 'page', member, name);
  add(campaign, 'campaign', 'source', '$utmSource');
  add(campaign, 'campaign', 'medium', '$utmMedium');
  add(campaign, 'campaign', 'name', '$utmCampaign');
  add(campaign, 'campaign', 'term', '$utmTerm');
  add(campaign, 'campaign', 'content', '$utmContent');
  add(os, 'os', 'name', '$os');
  add(os, 'os', 'version', '$osVersion');
  add(device, 'device', 'type', '$device');
  add(app, 'app', 'version', 'app_version');
  properties.add('$locale', textAt(context, 'locale'), 'context.locale');
}
