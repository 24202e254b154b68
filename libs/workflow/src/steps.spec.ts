import { describe, expect, test } from '@jest/globals';
import type { StepConfig, UncheckedDefinition } from './index.js';
import { validate } from './index.js';
import { definition, escalation, push, webhook, withConfig } from './samples.js';

function fields(unchecked: UncheckedDefinition): string[] {
  return validate(unchecked).map(({ field }) => field);
}

describe('what follows up on a message', () => {
  const remind: StepConfig = {
    kind: 'SEND_REMINDER',
    type: 'push',
    thirdPartyChannels: [],
    notifyTargets: [],
  };

  test.each<[string, StepConfig]>([
    ['a reminder', remind],
    ['an escalation', escalation],
  ])('%s needs a message before it', (_, config) => {
    const late = definition(withConfig(config, { completed: 'send' }), withConfig(push, {}, 'send'));
    expect(fields(late)).toEqual(['workflow.steps[0]']);
    const after = definition(withConfig(push, { completed: 'then' }), withConfig(config, {}, 'then'));
    expect(fields(after)).toEqual([]);
  });
});

describe('a webhook URL', () => {
  const refused = [
    'http://acme.example/',
    'ftp://acme.example/',
    'file:///etc/passwd',
    'https://user:pass@acme.example/',
    'https://localhost/',
    'https://a.localhost./',
  ];

  test.each(refused)('is refused: %s', (url) => {
    expect(fields(definition(withConfig(webhook(url))))).toEqual(['workflow.steps[0].call_webhook.url']);
  });

  test('with a host name is accepted', () => {
    expect(fields(definition(withConfig(webhook('https://hooks.acme.example/a?b=c'))))).toEqual([]);
  });

  test.each([
    ['127.1', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['8.8.8.8:8443', '8.8.8.8'],
    ['[::1]', '::1'],
    ['[::ffff:10.0.0.1]', '::ffff:a00:1'],
  ])('with the address %s is as good as the caller says %s is', (written, address) => {
    const addressed = definition(withConfig(webhook(`https://${written}/`)));
    expect(validate(addressed, { isPublicAddress: (asked) => asked === address })).toEqual([]);
    expect(validate(addressed, { isPublicAddress: (asked) => asked !== address })).toHaveLength(1);
    expect(validate(addressed)).toHaveLength(1);
  });

  test.each(['localhost', 'localhost:3000'])('may be at %s when that is exempt', (exempt) => {
    const local = definition(withConfig(webhook('http://localhost:3000/hook')));
    expect(validate(local, { exemptHosts: [exempt] })).toEqual([]);
    expect(validate(local, { exemptHosts: ['localhost:3001', 'other'] })).not.toEqual([]);
  });
});
