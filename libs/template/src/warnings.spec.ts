import { expect, test } from '@jest/globals';
import { warningsOf } from './index.js';

const fields = ['first_name', 'email'];
const variables = [{ name: 'seat', source: 'CUSTOM' as const }];

function warned(body: string, declared: Parameters<typeof warningsOf>[0]['variables'] = variables): string[] {
  return warningsOf({ title: '{{seat}}', body, variables: declared }, fields).map(
    ({ field, text }) => `${field}: ${text}`,
  );
}

test.each([
  ['Your seat is {{seat}}.', []],
  ['Braces {like} these { { are text.', []],
  [String.raw`\{{seat}} is text.`, []],
  [
    'Hello {{first_name}}',
    ['body: {{first_name}} is not declared: declare it with source PROFILE or it stays empty'],
  ],
  ['{{seet}} {{seet}}', ['body: {{seet}} is not declared: it is empty unless the campaign gives it a value']],
  ['Hello {{seat', ['body: {{seat is not a placeholder and is sent unchanged']],
  ['Hello {{seat}', ['body: {{seat} is not a placeholder and is sent unchanged']],
  ['Hello {seat}}', ['body: {seat}} is not a placeholder and is sent unchanged']],
  ['{{#if seat}}', ['body: {{#if seat}} is not a placeholder and is sent unchanged']],
  ['{{}}', ['body: {{}} is not a placeholder and is sent unchanged']],
])('%j', (body, expected) => {
  expect(warned(body)).toEqual(expected);
});

test('a declaration that nothing uses, and one that no profile has', () => {
  expect(
    warned('{{seat}} {{firstname}}', [
      { name: 'seat', source: 'CUSTOM' },
      { name: 'gate', source: 'CUSTOM' },
      { name: 'firstname', source: 'PROFILE' },
      { name: 'custom:x', source: 'PROFILE' },
    ]),
  ).toEqual([
    'variables[1].name: {{gate}} is used neither in the title nor in the body',
    'variables[2].name: a profile has no firstname: it has first_name email and custom:<key>',
    'variables[3].name: {{custom:x}} is used neither in the title nor in the body',
  ]);
});

test('are at most twenty, and found in linear time', () => {
  expect(warned('{{'.repeat(25_000)).length).toBeLessThanOrEqual(20);
  expect(warned('{{x}} '.repeat(8_000))).toHaveLength(1);
  expect(warned(Array.from({ length: 5_000 }, (_, n) => `{{x${n}}}`).join(''))).toHaveLength(20);
});
