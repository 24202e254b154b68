import { describe, expect, test } from '@jest/globals';
import { type Node, Parser } from 'commonmark';
import fc from 'fast-check';
import { compile, normalizeValue } from './index.js';
import { plainText } from './plain-text.js';

function render(body: string, value: string): string {
  return compile({ title: '', body, variables: [] }).render({ audience: { v: value } }).body;
}

/** What a reader of the reference implementation sees, and where its links lead. */
function read(markdown: string) {
  const found = {
    text: '',
    code: [] as string[],
    targets: [] as string[],
    titles: [] as string[],
    html: 0,
    info: [] as string[],
  };
  const walker = new Parser().parse(markdown).walker();
  for (let event = walker.next(); event; event = walker.next()) {
    const node: Node = event.node;
    if (!event.entering) continue;
    if (node.type === 'code' || node.type === 'code_block') found.code.push(node.literal ?? '');
    if (node.type === 'code_block' && node.info) found.info.push(node.info);
    if (node.type === 'html_inline' || node.type === 'html_block') found.html += 1;
    if (node.type === 'link' || node.type === 'image') {
      found.targets.push(decoded(node.destination ?? ''));
      found.titles.push(node.title ?? '');
    }
    found.text += node.type === 'softbreak' ? ' ' : (node.literal ?? '');
  }
  return found;
}

/** Values with a percent sign of their own need not be decodable. */
function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}

const hostile = fc.string({
  unit: fc.constantFrom(
    ...'\\`*_{}[]()<>#+-.!|~&=:@$^"\'/;,?%0123456789axw \t\n\r',
    '```',
    '~~~',
    '](',
    '{{pii}}',
    '&lt;',
    'é',
    '😀',
  ),
});

describe('a value', () => {
  test.each([
    ['Password: `{{v}}`', 'a_b*c#1', 'Password: `a_b*c#1`'],
    ['`{{v}}`', 'a`b', '``a`b``'],
    ['`{{v}}`', '`', '`` ` ``'],
    ['`x {{v}}`', '``', '` x `` `'],
    ['`{{v}}`', '', ''],
    ['[`{{v}}`](u)', ']: x', '[`]\u200b: x`](u)'],
    ['x [`{{v}}`](u)', ']: x', 'x [`]: x`](u)'],
    ['```\n{{v}}\n```', '```', '````\n```\n````'],
    ['~~~\n{{v}}\n~~~', 'a_b', '~~~\na_b\n~~~'],
    ['    {{v}}', 'a_b', '    a_b'],
    ['`<b>` {{v}}', '<i>', '`<b>` \\<i\\>'],
    ['<https://x.example/{{v}}>', 'a_b*c', '<https://x.example/a_b*c>'],
    ['<https://x.example/{{v}}>', 'a b<c>', '<https://x.example/a%20b%3Cc%3E>'],
    ['<{{v}}@acme.example>', 'a_b', '<a_b@acme.example>'],
    ['<{{v}}@acme.example>', 'a b', '\\<a b@acme.example>'],
    ['See https://x.example/{{v}}.', 'plain', 'See https://x.example/plain.'],
    ['See https://x.example/{{v}}.', 'a_b', 'See <https://x.example/a_b>.'],
    ['[x](https://x.example/{{v}} "{{v}}")', 'a "b', String.raw`[x](https://x.example/a%20"b "a \"b")`],
    ['[x](https://x.example/?q={{v}})', 'a)b', String.raw`[x](https://x.example/?q=a\)b)`],
    ['[x]({{v}})', 'https://x.example/a_b', String.raw`[x](https\://x.example/a\_b)`],
    ['[x]({{v}})', 'javascript:alert(1)', '[x](#)'],
    ['[x]({{v}})', 'JaVaScRiPt:alert(1)', '[x](#)'],
    ['![x](java{{v}})', 'script:alert(1)', '![x](#)'],
    ['[x]: <{{v}}>\n\n[x]', 'data:text/html,x', '[x]: #\n\n[x]'],
    ['[x](acme://open/{{v}})', 'a_b', String.raw`[x](acme://open/a\_b)`],
    ['| a |\n|---|\n| `{{v}}` |', 'a|b', '| a |\n|---|\n| `a\\|b` |'],
  ])('in %j, %j becomes %j', (body, value, rendered) => {
    expect(render(body, value)).toBe(rendered);
  });

  test('in code forges no marker, and its own markers stay', () => {
    const variables = [
      { name: 'v', source: 'CUSTOM', required: false, defaultValue: '', pii: true } as const,
    ];
    const compiled = compile({ title: '', body: 'a `{{v}}` b', variables });
    expect(compiled.render({ audience: { v: 'x_y' } }).body).toBe('a `{{pii}}x_y{{/pii}}` b');
    const { body } = compiled.render({ audience: { v: 'x{{/pii}}y' } });
    expect(body.match(/\{\{\/?pii\}\}/g)).toEqual(['{{pii}}', '{{/pii}}']);
    expect(plainText(body)).toBe('a ••• b');
  });
});

describe('by the reference implementation, every value is exactly what is shown', () => {
  const property = (body: string, check: (found: ReturnType<typeof read>, value: string) => void) => {
    fc.assert(
      fc.property(hostile, (given) => {
        const value = normalizeValue(given).replaceAll('{{pii}}', 'pii');
        check(read(render(body, value)), value);
      }),
    );
  };

  test.each([
    'x`{{v}}`y',
    '``{{v}}`` and',
    '- `{{v}}`\n- b',
    '> *`{{v}}`*',
    '# `{{v}}`',
    '[`{{v}}`](u)',
    '`a` <b>`{{v}}`</b>',
  ])('in the code span of %j', (body) => {
    // Else the paragraph would define a link, and show nothing.
    const writtenAs = (value: string) => (body.startsWith('[') ? value.replaceAll(']:', ']\u200b:') : value);
    property(body, ({ code, html }, value) => {
      expect(code.at(-1) ?? '').toBe(value === '' ? (body.startsWith('`a`') ? 'a' : '') : writtenAs(value));
      expect(html).toBe(0);
    });
  });

  test.each([
    '```\n{{v}}\n```',
    '~~~ js\n{{v}}\n~~~\nafter',
    '- x\n\n  ```\n  {{v}}\n  ```',
    '> ```\n> {{v}}',
    'a\n\n    {{v}}.',
  ])('in the code block of %j', (body) => {
    property(body, ({ code }, value) =>
      expect(code).toEqual([`${value}${body.includes('}}.') ? '.' : ''}\n`]),
    );
  });

  test.each([
    'a {{v}} b',
    '- x{{v}}',
    '> {{v}}',
    '**{{v}}**',
    '[{{v}}](u)',
    '![{{v}}](u)',
    '# {{v}}',
    '`a` {{v}} `b`',
    '<https://a.example> {{v}}',
  ])('in the text of %j', (body) => {
    property(body, ({ text, html }, value) => {
      expect(text).toContain(value);
      expect(html).toBe(0);
    });
  });

  test.each([
    '[x](https://x.example/{{v}})',
    '[x](<https://x.example/{{v}}>)',
    '![x](https://x.example/{{v}} "t")',
    '[x]\n\n[x]: https://x.example/{{v}}',
  ])('in the target of %j', (body) => {
    property(body, ({ targets }, value) => {
      fc.pre(!value.includes('%'));
      expect(targets).toEqual([`https://x.example/${value}`]);
    });
  });

  test.each(['[x](u "{{v}}")', "[x](u '{{v}}')", '[x](u ({{v}}))', '![x](u "a {{v}}")'])(
    'in the title of %j',
    (body) => {
      property(body, ({ titles }, value) =>
        expect(titles).toEqual([body.includes('a {') ? `a ${value}` : value]),
      );
    },
  );

  test('and no value makes a link lead to a script', () => {
    const scheme = fc.constantFrom(
      'javascript',
      'JAVASCRIPT',
      'vbscript',
      'data',
      'file',
      ' javascript',
      'java\nscript',
      '&#106;avascript',
    );
    fc.assert(
      fc.property(
        scheme,
        hostile,
        fc.constantFrom('[x]({{v}})', '[x](<{{v}}>)', '![x]({{v}})', '<{{v}}>', '[x]: {{v}}\n\n[x]'),
        (name, rest, body) => {
          fc.pre(!rest.includes('%'));
          for (const target of read(render(body, `${name}:${rest}`)).targets) {
            expect(target).not.toMatch(/^\s*(?:javascript|vbscript|data|file):/i);
          }
        },
      ),
    );
  });
});
