import { describe, expect, test } from '@jest/globals';
import {
  nextVersion,
  refuseTemplate,
  refuseVersion,
  templateTypes,
  typesMatching,
} from './template.rules.js';

const variable = (name: string) => ({
  name,
  source: 'CUSTOM' as const,
  required: false,
  defaultValue: '',
  pii: false,
  description: '',
});
const [a, b] = [variable('a'), variable('b')];
const before = { title: 'Hi {{a}}', body: 'Old {{b}}', variables: [a, b] };

describe('the next version', () => {
  test.each([
    [
      'new variables and no body keeps the body',
      { body: '', variables: [b] },
      { body: 'Old {{b}}', variables: [b] },
    ],
    ['both takes both', { body: 'New', variables: [b] }, { body: 'New', variables: [b] }],
    [
      'a body keeps the variables that title or body use',
      { body: 'New', variables: [] },
      { body: 'New', variables: [a] },
    ],
    [
      'a body that uses all keeps all',
      { body: '{{b}}', variables: [] },
      { body: '{{b}}', variables: [a, b] },
    ],
    [
      'an escaped placeholder is no use',
      { body: String.raw`\{{b}}`, variables: [] },
      { body: String.raw`\{{b}}`, variables: [a] },
    ],
  ])('with %s', (_, given, next) => {
    expect(nextVersion(before, given)).toEqual(next);
  });
});

describe('a version is refused', () => {
  test.each([
    [{ body: '', variables: [] }, ['body']],
    [{ body: ' \n\t', variables: [] }, ['body']],
    [{ body: 'x', variables: [a, b, a, a] }, ['variables[2].name', 'variables[3].name']],
    [{ body: '', variables: [a, a] }, ['body', 'variables[1].name']],
  ])('%j', (version, fields) => {
    expect(refuseVersion(version)?.details.violations?.map(({ field }) => field)).toEqual(fields);
  });

  test('not for names that differ in case', () => {
    expect(refuseVersion({ body: 'x', variables: [a, variable('A')] })).toBeUndefined();
  });
});

test.each(Object.entries(templateTypes))('a template of type %s', (name, type) => {
  const reserved = name === 'rich' || name === 'html';
  const refusal = refuseTemplate({ type, body: 'x', variables: [] });
  expect(refusal?.details.violations?.map(({ field }) => field)).toEqual(reserved ? ['type'] : undefined);
});

test('a filter by type finds unspecified rows among Markdown, and everything when it says nothing', () => {
  const { unspecified, markdown, rich, html } = templateTypes;
  expect(new Set(typesMatching(unspecified))).toEqual(new Set([unspecified, markdown, rich, html]));
  expect(new Set(typesMatching(markdown))).toEqual(new Set([unspecified, markdown]));
  expect(typesMatching(html)).toEqual([html]);
});
