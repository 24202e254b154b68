import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Step, StepConfig, UncheckedDefinition } from './index.js';
import { validate } from './index.js';
import { asking, definition, markMissed, push, typical, wait, webhook, withConfig } from './samples.js';

function fields(unchecked: UncheckedDefinition): string[] {
  return validate(unchecked).map(({ field }) => field);
}

/** A message, and behind it marking steps `s1`, `s2`, … one after the other. */
function chain(length: number): UncheckedDefinition {
  const ids = Array.from({ length: length - 1 }, (_, index) => `s${index + 1}`);
  const marks = ids.map((id, index) => markMissed(id, { completed: ids[index + 1] ?? 'end' }));
  return definition(withConfig(push, { completed: ids[0] ?? 'end' }, 'send'), ...marks);
}

/** One step with this config, behind a message that leads to it if it is none itself. */
function only(config: StepConfig): UncheckedDefinition {
  return config.kind === 'SEND_NOTIFICATION'
    ? definition(withConfig(config))
    : definition(withConfig(config, { completed: 'send' }), withConfig(push, {}, 'send'));
}

describe('the graph', () => {
  test('has between one and a hundred steps', () => {
    expect(fields({ steps: [] })).toEqual(['workflow.steps']);
    expect(fields(chain(101))).toEqual(['workflow.steps']);
    expect(fields(chain(100))).toEqual([]);
    expect(fields(chain(1))).toEqual([]);
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

  test('of the documentation is accepted', () => {
    expect(validate(typical)).toEqual([]);
  });

  test.each([
    [withConfig(push, { complete: 'b' }), 'complete', 'SEND_NOTIFICATION', '"completed"'],
    [withConfig(push, { failed: 'b' }), 'failed', 'SEND_NOTIFICATION', '"completed"'],
    [withConfig(wait, { Completed: 'b' }), 'Completed', 'DEADLINE_CHECK', '"completed" or "all_acted"'],
    [withConfig(wait, { 'all acted': 'b' }), 'all acted', 'DEADLINE_CHECK', '"completed" or "all_acted"'],
    [
      withConfig(webhook('https://x.example'), { ' failed': 'b' }),
      ' failed',
      'CALL_WEBHOOK',
      '"completed" or "failed"',
    ],
    [markMissed('a', { toString: 'b' }), 'toString', 'MARK_MISSED', '"completed"'],
  ])(
    'has no label that its step never ends with, and the violation names those it does: %j',
    (step, label, type, known) => {
      expect(validate(definition(step, withConfig(push, {}, 'b')))).toEqual([
        {
          field: `workflow.steps[0].transitions[${JSON.stringify(label)}]`,
          description: `is not an outcome of ${type}: such a step ends with ${known}`,
        },
      ]);
    },
  );

  test('has no step that nothing leads to', () => {
    const description = 'is never reached: no transitions lead to it from the first step';
    const loose = definition(withConfig(asking), withConfig(wait, {}, 'wait'), markMissed('mark'));
    expect(validate(loose)).toEqual([
      { field: 'workflow.steps[1]', description },
      { field: 'workflow.steps[2]', description },
    ]);
    const behindAnUnreachable = definition(
      withConfig(push),
      withConfig(push, { completed: 'constructor' }, 'b'),
      markMissed('constructor'),
    );
    expect(fields(behindAnUnreachable)).toEqual(['workflow.steps[1]', 'workflow.steps[2]']);
  });

  test('reaches somebody', () => {
    for (const idle of [
      definition(markMissed('a')),
      definition(withConfig(wait)),
      definition(withConfig(wait, { completed: 'b' }), markMissed('b')),
    ]) {
      expect(validate(idle)).toEqual([
        {
          field: 'workflow.steps',
          description:
            'must contain a step that sends: DEADLINE_CHECK and MARK_MISSED alone reach no recipient',
        },
      ]);
    }
  });

  test('leaves time to acknowledge what asks for it', () => {
    const field = 'workflow.steps[0].send_notification.action_type';
    expect(fields(definition(withConfig(asking)))).toEqual([field]);
    expect(fields(definition(withConfig(asking, { completed: 'b' }), markMissed('b')))).toEqual([field]);
    const before = definition(withConfig(wait, { completed: 'b' }), withConfig(asking, {}, 'b'));
    expect(fields(before)).toEqual(['workflow.steps[1].send_notification.action_type']);
    const far = definition(
      withConfig(asking, { completed: 'b' }),
      withConfig(push, { completed: 'c' }, 'b'),
      withConfig(wait, {}, 'c'),
    );
    expect(validate(far)).toEqual([]);
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
    [
      `send_notification.custom_variables["${'k'.repeat(101)}"]`,
      { ...push, customVariables: { ['k'.repeat(101)]: '' } } as StepConfig,
    ],
    ['call_webhook.name', { ...webhook('https://acme.example'), name: 'x'.repeat(201) } as StepConfig],
    [
      `call_webhook.headers["${'k'.repeat(201)}"]`,
      webhook('https://acme.example', { ['k'.repeat(201)]: '' }),
    ],
    ['call_webhook.headers["X-A"]', webhook('https://acme.example', { 'X-A': 'x'.repeat(2001) })],
    [
      'escalate_config.targets',
      { ...escalate, thirdPartyChannels: [], targets: Array.from({ length: 101 }, () => manager) },
    ],
    [
      'escalate_config.third_party_channels[1]',
      { ...escalate, targets: [manager], thirdPartyChannels: ['SLACK', 'UNSPECIFIED'] },
    ],
    [
      'escalate_config.repeat_interval_minutes',
      {
        ...escalate,
        targets: [manager],
        thirdPartyChannels: [],
        repeatCount: 1,
        repeatIntervalMinutes: 525_601,
      },
    ],
    ['call_webhook.url', webhook('')],
    ['call_webhook.url', webhook(`https://acme.example/${'x'.repeat(2048)}`)],
    [
      'call_webhook.headers',
      webhook('https://acme.example', Object.fromEntries(Object.entries(manyVariables).slice(0, 21))),
    ],
    ['call_webhook.headers["X-A"]', webhook('https://acme.example', { 'X-A': 'a\r\nX-B: b' })],
    ['call_webhook.headers["X: A"]', webhook('https://acme.example', { 'X: A': 'a' })],
    ['call_webhook.headers["Host"]', webhook('https://acme.example', { Host: 'a' })],
    ['call_webhook.headers["Content-Type"]', webhook('https://acme.example', { 'Content-Type': 'a' })],
    [
      'call_webhook.headers["Webhook-Signature"]',
      webhook('https://acme.example', { 'Webhook-Signature': 'a' }),
    ],
    [
      'call_webhook.headers["Transfer-Encoding"]',
      webhook('https://acme.example', { 'Transfer-Encoding': 'a' }),
    ],
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
    expect(fields(only(config))).toEqual([`workflow.steps[0].${path}`]);
  });

  test.each(['1m', '60s', '8760h', '1.5h'])('accepts a delay of %s', (delay) => {
    expect(fields(only({ kind: 'DEADLINE_CHECK', delay }))).toEqual([]);
  });

  test('accepts an escalation, and counts characters rather than UTF-16 units', () => {
    const up = withConfig({ ...escalate, targets: [manager], thirdPartyChannels: ['SLACK'] }, {}, 'up');
    expect(fields(definition(withConfig(push, { completed: 'up' }), up))).toEqual([]);
    expect(fields(definition(withConfig({ ...push, actionLabel: '✅😀'.repeat(25) } as StepConfig)))).toEqual(
      [],
    );
  });
});

describe('random graphs', () => {
  const labels = ['completed', 'all_acted'];

  /** Each step but the first is led to by one before it that has a label left: acyclic, and every step reached. */
  const sound = fc.array(fc.nat(), { minLength: 1, maxLength: 30 }).map((choices) => {
    const steps: Step[] = [withConfig(asking, {}, 's0')];
    for (const [index, choice] of choices.entries()) {
      const open = steps.filter(
        ({ type, transitions }) => Object.keys(transitions).length < outcomesOf(type),
      );
      const parent = open[choice % open.length]!; // the latest has none yet
      parent.transitions[labels[Object.keys(parent.transitions).length]!] = `s${index + 1}`;
      steps.push(withConfig(wait, {}, `s${index + 1}`));
    }
    return steps;
  });

  function outcomesOf(type: Step['type']): number {
    return type === 'DEADLINE_CHECK' ? 2 : 1;
  }

  test('a graph that reaches every step is accepted, in any order behind the first', () => {
    fc.assert(
      fc.property(sound, fc.infiniteStream(fc.nat()), ([first, ...others], keys) => {
        const order = new Map(others.map(({ id }) => [id, keys.next().value as number]));
        others.sort((a, b) => order.get(a.id)! - order.get(b.id)!);
        expect(validate({ steps: [first!, ...others] })).toEqual([]);
      }),
    );
  });

  test('one without the transition to a step is refused, and names exactly what is lost', () => {
    fc.assert(
      fc.property(sound, fc.nat(), (steps, choice) => {
        const lost = steps[1 + (choice % (steps.length - 1))]!;
        for (const step of steps) {
          step.transitions = Object.fromEntries(
            Object.entries(step.transitions).filter(([, target]) => target !== lost.id),
          );
        }
        const gone = new Set([lost.id]);
        for (let grew = true; grew;) {
          grew = false;
          for (const { id, transitions } of steps) {
            for (const target of gone.has(id) ? Object.values(transitions) : []) {
              grew ||= !gone.has(target);
              gone.add(target);
            }
          }
        }
        const expected = steps.flatMap(({ id }, index) => (gone.has(id) ? [`workflow.steps[${index}]`] : []));
        expect(fields({ steps })).toEqual(expected);
      }),
    );
  });

  test('one with a transition back is refused as a cycle', () => {
    fc.assert(
      fc.property(sound, fc.nat(), (steps, choice) => {
        const last = steps.at(-1)!;
        const ancestors: string[] = [last.id];
        for (let id: string | undefined = last.id; id !== undefined;) {
          const child: string = id;
          id = steps.find(({ transitions }) => Object.values(transitions).includes(child))?.id;
          if (id !== undefined) ancestors.push(id);
        }
        last.transitions = { completed: ancestors[choice % ancestors.length]! };
        const descriptions = validate({ steps }).map(({ description }) => description);
        expect(descriptions).toEqual([expect.stringMatching(/^closes a cycle: /)]);
      }),
    );
  });

  test('one with any other label is refused at that label', () => {
    fc.assert(
      fc.property(sound, fc.string({ minLength: 1, maxLength: 100 }), fc.nat(), (steps, label, choice) => {
        fc.pre(!labels.includes(label) && label !== '__proto__');
        const index = choice % steps.length;
        Object.defineProperty(steps[index]!.transitions, label, { value: 'end', enumerable: true });
        expect(fields({ steps })).toEqual([`workflow.steps[${index}].transitions[${JSON.stringify(label)}]`]);
      }),
    );
  });
});
