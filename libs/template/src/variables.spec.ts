import { describe, expect, test } from '@jest/globals';
import type { TemplateVariable, ValueSources } from './index.js';
import { placeholders, resolveVariables } from './index.js';

describe('placeholders', () => {
  test.each([
    '{{pii}}{{/pii}}',
    '{{}}',
    '{{ }}',
    '{ {a}}',
    '{{a}',
    '{{a\nb}}',
    '{{#if a}}',
    '{{>a}}',
    `{{${'a'.repeat(101)}}}`,
  ])('finds none in %j', (body) => {
    expect(placeholders(body)).toEqual([]);
  });

  test('finds each name once, in order', () => {
    expect(placeholders('{{ b }} {{a}} {{b}} {{custom:cost center}} {{{名前}}} {{first-name.x}}')).toEqual([
      'b',
      'a',
      'custom:cost center',
      '名前',
      'first-name.x',
    ]);
  });
});

describe('resolveVariables', () => {
  const base: TemplateVariable = {
    name: 'v',
    source: 'CUSTOM',
    required: true,
    defaultValue: '',
    pii: false,
  };
  const profile = { attributes: { v: 'profile' }, customAttributes: { v: 'attribute' } };

  function valueOf(variable: Partial<TemplateVariable>, sources: ValueSources): string | undefined {
    const declared = { ...base, ...variable };
    const { values, missing } = resolveVariables({ ...sources, variables: [declared], placeholders: [] });
    return missing.length > 0 ? undefined : values.get(declared.name);
  }

  test('a required variable without a value is missing, also when nothing uses it', () => {
    expect(valueOf({}, { profile })).toBeUndefined();
    expect(
      valueOf({ source: 'PROFILE' }, { audience: { v: 'audience' }, step: { v: 'step' } }),
    ).toBeUndefined();
    expect(valueOf({ name: 'toString' }, { audience: {}, step: {} })).toBeUndefined();
  });

  test('CUSTOM: audience, then step, then default, then empty', () => {
    const step = { v: 'step' };
    expect(valueOf({ defaultValue: 'default' }, { audience: { v: 'audience' }, step })).toBe('audience');
    expect(valueOf({ defaultValue: 'default' }, { audience: { v: '' }, step })).toBe('step');
    expect(valueOf({ defaultValue: 'default' }, {})).toBe('default');
    expect(valueOf({ required: false }, {})).toBe('');
  });

  test('PROFILE: field or custom attribute, then default', () => {
    expect(valueOf({ source: 'PROFILE' }, { profile, audience: { v: 'audience' } })).toBe('profile');
    expect(valueOf({ source: 'PROFILE', name: 'custom:v' }, { profile })).toBe('attribute');
    expect(valueOf({ source: 'PROFILE', name: 'x', defaultValue: 'default' }, { profile })).toBe('default');
  });

  test('undeclared placeholders are optional CUSTOM variables', () => {
    const { values, missing } = resolveVariables({
      variables: [],
      placeholders: ['a', 'b', 'c'],
      profile,
      audience: { a: 'audience' },
      step: { b: 'step' },
    });
    expect(missing).toEqual([]);
    expect([...values]).toEqual([
      ['a', 'audience'],
      ['b', 'step'],
      ['c', ''],
    ]);
  });
});
