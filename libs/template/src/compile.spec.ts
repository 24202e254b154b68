import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TemplateVariable } from './index.js';
import { BodyTooLongError, compile, normalizeValue, RenderedTooLongError } from './index.js';
import { plainText } from './plain-text.js';

function variable(name: string, more: Partial<TemplateVariable> = {}): TemplateVariable {
  return { name, source: 'CUSTOM', required: false, defaultValue: '', pii: false, ...more };
}

function renderBody(
  body: string,
  audience: Record<string, string>,
  variables: TemplateVariable[] = [],
): string {
  return compile({ title: '', body, variables }).render({ audience }).body;
}

describe('limits', () => {
  test('refuse a body of more than 50,000 characters, counted as code points', () => {
    expect(() => compile({ title: '', body: '😀'.repeat(50_001), variables: [] })).toThrow(BodyTooLongError);
    expect(renderBody('😀'.repeat(50_000), {})).toHaveLength(100_000);
  });

  test('refuse the one recipient whose message becomes too long', () => {
    const compiled = compile({ title: '', body: '{{v}}'.repeat(11), variables: [] });
    expect(() => compiled.render({ audience: { v: 'x'.repeat(10_000) } })).toThrow(RenderedTooLongError);
    expect(compiled.render({ audience: { v: 'x' } }).body).toBe('x'.repeat(11));
  });

  test('cut a title that values make too long', () => {
    const compiled = compile({ title: 'Hi {{v}}', body: '', variables: [] });
    expect([...compiled.render({ audience: { v: '😀'.repeat(300) } }).title]).toHaveLength(200);
  });
});

describe('values', () => {
  test('are put in once and never read as a template', () => {
    const audience = { a: '{{b}}', b: 'SECRET' };
    expect(renderBody('{{a}}', audience)).toBe(String.raw`\{\{b\}\}`);
    expect(plainText(renderBody('{{a}} {{ b }}', audience))).toBe('{{b}} SECRET');
    expect(plainText(renderBody('{{a}}b}}', { a: '{{', b: 'SECRET' }))).toBe('{{b}}');
  });

  test('show as themselves, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (values) => {
        const audience = Object.fromEntries(values.map((value, index) => [`v${index}`, value]));
        const body = values.map((_, index) => `{{v${index}}}`).join(' + ');
        const shown = values.map(normalizeValue).join(' + ');
        expect(plainText(renderBody(`Dear ${body}.`, audience))).toBe(`Dear ${shown}.`.replace(/ +/g, ' '));
      }),
    );
  });

  test('come by name from nowhere but the given entries', () => {
    expect(renderBody('{{constructor}}{{__proto__}}{{toString}}', {})).toBe('');
  });
});

describe('personal values', () => {
  const pii = [variable('v', { pii: true })];

  test('are between markers that a value cannot close', () => {
    fc.assert(
      fc.property(fc.constantFrom('', '{{/pii}}', '{{pii}}', '}}', '{{', '\\'), fc.string(), (a, b) => {
        const body = renderBody('Pay: {{v}}!', { v: `x${a}${b}` }, pii);
        expect(body.startsWith('Pay: {{pii}}')).toBe(true);
        expect(body.endsWith('{{/pii}}!')).toBe(true);
        const unescaped = body.replace(/\\[^]/g, '');
        expect(unescaped.match(/\{\{/g)).toHaveLength(2);
        expect(plainText(body)).toBe('Pay: •••!');
      }),
    );
  });

  test.each([
    ['{{{{w}}}}', 'pii'],
    ['{{{{w}}}}', '/pii'],
    ['{{p{{w}}}}', 'ii'],
    ['{{/pii{{w}}}}', ''],
    ['{{pii}{{w}}}', ''],
    ['{{{w}}{pii}}', ''],
    ['{{{w}}{/pii}}', ''],
    [String.raw`\\{{{{w}}}}`, 'pii'],
  ])('have markers that %j with %j does not forge', (forgery, w) => {
    const body = renderBody(`${forgery}{{pii}}${forgery}{{v}}{{/pii}}${forgery}`, { v: 'x', w }, pii);
    expect(body.replace(/\\[^]/g, '').match(/\{\{\/?pii\}\}/g)).toEqual(['{{pii}}', '{{/pii}}']);
  });

  test('leave no markers when empty', () => {
    expect(renderBody('[{{v}}]', {}, pii)).toBe('[]');
  });

  test('never reach the title', () => {
    const compiled = compile({ title: 'Hi {{v}}', body: '', variables: pii });
    expect(compiled.render({ audience: { v: 'Anna' } }).title).toBe('Hi •••');
    expect(compiled.render({}).title).toBe('Hi');
  });

  test.each([
    ['{{pii}}a {{v}}{{/pii}}', '{{pii}}a x{{/pii}}'],
    ['{{/pii}}{{v}}', '{{pii}}x{{/pii}}'],
    ['{{pii}}{{pii}}{{v}}', '{{pii}}x{{/pii}}'],
    [String.raw`\{{pii}} {{v}}`, String.raw`\{{pii}} {{pii}}x{{/pii}}`],
  ])("the author's own markers in %j come out in pairs", (body, rendered) => {
    expect(renderBody(body, { v: 'x' }, pii)).toBe(rendered);
  });
});

describe('template text', () => {
  test.each([
    ['<script>alert(1)</script>', String.raw`\<script>alert(1)\</script>`],
    ['a <!-- b --> <?php', String.raw`a \<!-- b --> \<?php`],
    [String.raw`\<b>`, String.raw`\<b>`],
    ['<{{tag}}>', String.raw`\<b>`],
    ['<javascript:alert(1)>', String.raw`\<javascript:alert(1)>`],
    ['<https://acme.example> <a@acme.example> 1 < 2', '<https://acme.example> <a@acme.example> 1 < 2'],
    [String.raw`\{{tag}} {{{tag}}}`, String.raw`\{{tag}} \{b}`],
    [String.raw`\\{{star}}`, String.raw`\\\*x\*`],
  ])('keeps its Markdown and shows its HTML: %j', (body, rendered) => {
    expect(renderBody(body, { tag: 'b', star: '*x*' })).toBe(rendered);
  });

  test('reports required variables without a value, and renders the rest', () => {
    const variables = [
      variable('a', { required: true }),
      variable('b', { required: true, defaultValue: 'd' }),
    ];
    const rendered = compile({ title: '{{b}}', body: 'x{{a}}', variables }).render({ audience: { a: '' } });
    expect(rendered).toEqual({ title: 'd', body: 'x', missing: ['a'] });
  });
});
