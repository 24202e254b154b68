import { describe, expect, test } from '@jest/globals';
import { placeholderDifference } from './index.js';

describe('placeholderDifference', () => {
  test.each([
    ['Hello {{name}}', 'Hola', { missing: ['{{name}}'], extra: [] }],
    ['Hello', 'Hola {{name}}', { missing: [], extra: ['{{name}}'] }],
    ['{{name}}', '{{nombre}}', { missing: ['{{name}}'], extra: ['{{nombre}}'] }],
    ['{{Name}}', '{{name}}', { missing: ['{{Name}}'], extra: ['{{name}}'] }],
    ['{{pii}}12{{/pii}}', '12', { missing: ['{{pii}}', '{{/pii}}'], extra: [] }],
    ['12', '{{pii}}12', { missing: [], extra: ['{{pii}}'] }],
    ['{{a}} {{b}}', '{{c}}', { missing: ['{{a}}', '{{b}}'], extra: ['{{c}}'] }],
  ])('from %j to %j', (source, translation, difference) => {
    expect(placeholderDifference(source, translation)).toEqual(difference);
  });

  test.each([
    ['{{a}} and {{b}}', '{{ b }}, {{a}}, {{a}}'],
    [String.raw`\{{a}}`, 'a'],
    ['', ''],
    ['{{#if a}}', '{{#wenn a}}'],
  ])('is none between %j and %j', (source, translation) => {
    expect(placeholderDifference(source, translation)).toEqual({ missing: [], extra: [] });
  });
});
