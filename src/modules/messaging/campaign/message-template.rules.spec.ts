import { describe, expect, test } from '@jest/globals';
import type { SendNotification } from '@dovecote/workflow';
import type { Campaign } from './campaign.js';
import { templateOf, templatesOf } from './message-template.rules.js';

const own = { templateId: 'own', templateVersion: 3 };
const send = (templateId: string, templateVersion: number): SendNotification => ({
  kind: 'SEND_NOTIFICATION',
  type: 'push',
  templateId,
  templateVersion,
  actionLabel: '',
  actionType: 'ACK',
  customVariables: {},
});

function campaign(...configs: (SendNotification | undefined)[]): Campaign {
  const steps = configs.map((config, index) => ({
    id: `s${index}`,
    type: config ? ('SEND_NOTIFICATION' as const) : ('MARK_MISSED' as const),
    transitions: {},
    ...(config && { config }),
  }));
  // Only these fields are read.
  return { ...own, workflow: { steps } } as unknown as Campaign;
}

describe('a step sends', () => {
  test.each([
    ['its own template', send('other', 7), { templateId: 'other', templateVersion: 7 }],
    ['the campaign’s, where it names none', send('', 0), own],
    ['another version of the campaign’s', send('', 9), { templateId: 'own', templateVersion: 9 }],
  ])('%s', (_, config, template) => {
    expect(templateOf(campaign(), config)).toEqual(template);
  });
});

test('the campaign’s template stands first, also when no step sends it', () => {
  expect(templatesOf(campaign())).toEqual([own]);
  expect(templatesOf(campaign(undefined, send('other', 7), send('', 0)))).toEqual([
    own,
    { templateId: 'other', templateVersion: 7 },
    own,
  ]);
});
