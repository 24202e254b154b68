import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StepConfig, UncheckedDefinition } from './index.js';
import { validate } from './index.js';
import { definition, markMissed, push, typical, webhook, withConfig } from './samples.js';

function fields(unchecked: UncheckedDefinition): string[] {
  return validate(unchecked).map(({ field }) => field);
}

describe('the graph', () => {
  test('has between one and a hundred steps', () => {
    const steps = Array.from({ length: 101 }, (_, index) => markMissed(`s${index}`));
    expect(fields({ steps: [] })).toEqual(['workflow.steps']);
    expect(fields({ steps })).toEqual(['workflow.steps']);
    expect(fields({ steps: steps.slice(1) })).toEqual([]);
  });

  test('has unique, non-empty, bounded ids, and none is the reserved target', () => {
    const steps = ['', 'a', 'b', 'a', 'end', 'x'.repeat(101)].map((id) => markMissed(id));
    expect(validate({ steps })).toEqual([
      { field: 'workflow.steps[0].id', description: 'is required' },
      { field: 'workflow.steps[3].id', description: 'repeats the id of steps[1]' },
      { field: 'workflow.steps[4].id', description: '"end" is reserved for the end of a path' },
      { field: 'workflow.steps[5].id', description: 'must be at most 100 characters' },
    ]);
  });

  test('has at most ten transitions a step, all of which lead somewhere', () => {
    const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`l${index}`, 'end']));
    expect(
      fields(definition(markMissed('a', eleven), markMissed('b', { 'say "hi"': 'nowhere', '': 'end' }))),
    ).toEqual([
      'workflow.steps[0].transitions',
      'workflow.steps[1].transitions["say \\"hi\\""]',
      'workflow.steps[1].transitions[""]',
    ]);
  });

  test('has no cycle, and the violation names it', () => {
    const cyclic = definition(
      markMissed('a', { completed: 'b' }),
      markMissed('b', { completed: 'c' }),
      markMissed('c', { completed: 'b' }),
      markMissed('lonely', { completed: 'lonely' }),
    );
    expect(validate(cyclic, { field: 'default_workflow' })).toEqual([
      {
        field: 'default_workflow.steps[2].transitions["completed"]',
        description: 'closes a cycle: b → c → b',
      },
      {
        field: 'default_workflow.steps[3].transitions["completed"]',
        description: 'closes a cycle: lonely → lonely',
      },
    ]);
  });

  test('may have unreachable steps, unknown labels and names from the prototype', () => {
    expect(validate(typical)).toEqual([]);
    expect(
      validate(
        definition(markMissed('a', { done: 'constructor', toString: 'end' }), markMissed('constructor')),
      ),
    ).toEqual([]);
  });
});

describe('the type and its config', () => {
  test('belong together', () => {
    const unchecked: UncheckedDefinition = {
      steps: [
        { id: 'a', type: 'UNSPECIFIED', transitions: {} },
        { id: 'b', type: 'DEADLINE_CHECK', transitions: {} },
        { id: 'c', type: 'DEADLINE_CHECK', transitions: {}, config: push },
        { id: 'd', type: 'MARK_MISSED', transitions: {}, config: push },
      ],
    };
    expect(fields(unchecked)).toEqual([
      'workflow.steps[0].type',
      'workflow.steps[1].deadline_check',
      'workflow.steps[2].send_notification',
      'workflow.steps[3].send_notification',
    ]);
  });

  const manager = { type: 'MANAGER', targetId: '' } as const;
  const escalate = {
    kind: 'ESCALATE',
    condition: 'IF_NOT_ACKED',
    targets: [manager],
    repeatCount: 0,
    repeatIntervalMinutes: 0,
    mode: 'UNSPECIFIED',
    thirdPartyChannels: [],
  } as const;
  const reminder = {
    kind: 'SEND_REMINDER',
    type: 'push',
    thirdPartyChannels: [],
    notifyTargets: [],
  } as const;
  const manyVariables = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`v${index}`, '']));

  const refused: [path: string, config: StepConfig][] = [
    ['send_notification.type', { ...push, type: 'sms' } as StepConfig],
    ['send_notification.template_id', { ...push, templateId: 'x'.repeat(37) } as StepConfig],
    ['send_notification.template_version', { ...push, templateVersion: -1 } as StepConfig],
    ['send_notification.action_label', { ...push, actionLabel: 'x'.repeat(51) } as StepConfig],
    ['send_notification.custom_variables', { ...push, customVariables: manyVariables } as StepConfig],
    [
      'send_notification.custom_variables["k"]',
      { ...push, customVariables: { k: 'x'.repeat(10_001) } } as StepConfig,
    ],
    ['deadline_check.delay', { kind: 'DEADLINE_CHECK', delay: '59s' }],
    ['deadline_check.delay', { kind: 'DEADLINE_CHECK', delay: '8760h1s' }],
    ['deadline_check.delay', { kind: 'DEADLINE_CHECK', delay: 'soon' }],
    ['send_reminder.type', { ...reminder, type: '', thirdPartyChannels: [], notifyTargets: [] }],
    [
      'send_reminder.third_party_channels[0]',
      { ...reminder, thirdPartyChannels: ['UNSPECIFIED'], notifyTargets: [] },
    ],
    [
      'send_reminder.notify_targets',
      { ...reminder, thirdPartyChannels: [], notifyTargets: Array.from({ length: 6 }, () => manager) },
    ],
    ['call_webhook.url', webhook('')],
    ['call_webhook.url', webhook(`https://acme.example/${'x'.repeat(2048)}`)],
    [
      'call_webhook.headers',
      webhook('https://acme.example', Object.fromEntries(Object.entries(manyVariables).slice(0, 21))),
    ],
    ['call_webhook.headers["X-A"]', webhook('https://acme.example', { 'X-A': 'a\r\nX-B: b' })],
    ['call_webhook.headers["X: A"]', webhook('https://acme.example', { 'X: A': 'a' })],
    [
      'escalate_config.condition',
      { ...escalate, targets: [manager], thirdPartyChannels: [], condition: 'UNSPECIFIED' },
    ],
    ['escalate_config.targets', { ...escalate, thirdPartyChannels: [], targets: [] }],
    [
      'escalate_config.targets[0].target_id',
      { ...escalate, thirdPartyChannels: [], targets: [{ type: 'USER', targetId: '' }] },
    ],
    [
      'escalate_config.targets[0].target_id',
      { ...escalate, thirdPartyChannels: [], targets: [{ type: 'MANAGER', targetId: 'u' }] },
    ],
    [
      'escalate_config.targets[0].type',
      { ...escalate, thirdPartyChannels: [], targets: [{ type: 'UNSPECIFIED', targetId: 'u' }] },
    ],
    [
      'escalate_config.repeat_count',
      { ...escalate, targets: [manager], thirdPartyChannels: [], repeatCount: 6, repeatIntervalMinutes: 1 },
    ],
    [
      'escalate_config.repeat_interval_minutes',
      { ...escalate, targets: [manager], thirdPartyChannels: [], repeatCount: 1 },
    ],
  ];

  test.each(refused)('refuses a bad %s', (path, config) => {
    expect(fields(definition(withConfig(config)))).toEqual([`workflow.steps[0].${path}`]);
  });

  test.each(['1m', '60s', '8760h', '1.5h'])('accepts a delay of %s', (delay) => {
    expect(fields(definition(withConfig({ kind: 'DEADLINE_CHECK', delay })))).toEqual([]);
  });

  test('accepts an escalation, and counts characters rather than UTF-16 units', () => {
    expect(
      fields(definition(withConfig({ ...escalate, targets: [manager], thirdPartyChannels: ['SLACK'] }))),
    ).toEqual([]);
    expect(fields(definition(withConfig({ ...push, actionLabel: '✅😀'.repeat(25) } as StepConfig)))).toEqual(
      [],
    );
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
    ...['127.1', '0x7f000001', '2130706433', '0.0.0.0', '10.1.2.3', '172.31.0.1', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '[::1]', '[::]', '[fd00::1]', '[fe80::1]', '[::ffff:10.0.0.1]'],
    ...['[64:ff9b::a00:1]', '[2002:a00:1::]'],
  ].map((text) => (text.includes('://') ? text : `https://${text}/`));

  test.each(refused)('is refused: %s', (url) => {
    expect(fields(definition(withConfig(webhook(url))))).toEqual(['workflow.steps[0].call_webhook.url']);
  });

  test.each(['https://hooks.acme.example/a?b=c', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/'])(
    'is accepted: %s',
    (url) => {
      expect(fields(definition(withConfig(webhook(url))))).toEqual([]);
    },
  );

  test('may be local in development', () => {
    const local = definition(withConfig(webhook('http://localhost:3000/hook')));
    expect(validate(local, { allowPrivateWebhooks: true })).toEqual([]);
  });
});

describe('random graphs', () => {
  /** Edges go from lower to higher index only, which is what makes a graph acyclic; then the list is shuffled. */
  const acyclic = fc
    .integer({ min: 2, max: 30 })
    .chain((size) =>
      fc
        .array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 60 })
        .map((edges) => ({ size, edges })),
    )
    .map(({ size, edges }) => {
      const targets = Array.from({ length: size }, () => new Set<number>());
      for (const [a, b] of edges)
        if (a !== b && targets[Math.min(a, b)]!.size < 9) targets[Math.min(a, b)]!.add(Math.max(a, b));
      return targets;
    });

  function build(targets: Set<number>[]): UncheckedDefinition {
    return {
      steps: targets.map((set, index) =>
        markMissed(`s${index}`, Object.fromEntries([...set].map((target) => [`to ${target}`, `s${target}`]))),
      ),
    };
  }

  test('an acyclic graph is accepted in any order of its steps', () => {
    fc.assert(
      fc.property(acyclic, fc.infiniteStream(fc.nat()), (targets, keys) => {
        const order = new Map(targets.map((_, index) => [`s${index}`, keys.next().value as number]));
        const steps = build(targets).steps.sort((a, b) => order.get(a.id)! - order.get(b.id)!);
        expect(validate({ steps })).toEqual([]);
      }),
    );
  });

  test('a chain with one edge back is always found', () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), fc.nat(), (targets, a, b) => {
        const from = Math.max(a % targets.length, b % targets.length);
        const to = Math.min(a % targets.length, b % targets.length);
        for (let index = to; index < from; index++) targets[index]!.add(index + 1);
        targets[from]!.add(to);
        const descriptions = validate(build(targets)).map(({ description }) => description);
        expect(descriptions.some((description) => description.startsWith('closes a cycle: '))).toBe(true);
      }),
    );
  });
});
