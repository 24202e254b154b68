import { describe, expect, test } from '@jest/globals';
import type { Attributes, ReplayEvent, SnapshotNode } from './event.js';
import { maskEvents } from './mask-events.js';
import { added, changed, element, happened, page, SECRET, svg, text, typed } from './spec-pages.js';

const masked = (...events: ReplayEvent[]): string => JSON.stringify(maskEvents(events).events);
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

describe('values', () => {
  test.each([
    ['of an input', element(9, 'input', { type: 'text', value: SECRET })],
    ['of a hidden input', element(9, 'input', { type: 'hidden', value: SECRET })],
    ['of a radio button', element(9, 'input', { type: 'radio', value: SECRET, checked: true })],
    [
      'of a password that is shown',
      element(9, 'input', { type: 'text', 'data-rr-is-password': 'true', value: SECRET }),
    ],
    ['of an input of a strange type', element(9, 'INPUT', { type: 'x', value: SECRET })],
    ['of a text area', element(9, 'textarea', { value: SECRET }, text(10, SECRET))],
    [
      'of a choice',
      element(
        9,
        'select',
        { value: SECRET },
        element(10, 'option', { value: SECRET, label: SECRET }, text(11, SECRET)),
      ),
    ],
    ['in a placeholder', element(9, 'input', { placeholder: SECRET })],
    ['of a slider', element(9, 'div', { role: 'slider', 'aria-valuetext': SECRET, 'aria-valuenow': SECRET })],
    ['in a data attribute', element(9, 'div', { 'data-user': `${SECRET}@acme.example` })],
    ['in the title of the page', element(9, 'title', {}, text(10, SECRET))],
    ['in a comment', { type: 5, id: 9, textContent: SECRET } as const],
    ['between the markers of a template', text(9, `Dear {{pii}}${SECRET}{{/pii}}, hello`)],
    ['behind an open marker', text(9, `Dear {{pii}}${SECRET}`)],
    ['in the address of a link', element(9, 'a', { href: `https://x.example/p?token=${SECRET}#${SECRET}` })],
    ['in a meta element', element(9, 'meta', { name: 'csrf', content: SECRET })],
    ['in a script', element(9, 'script', {}, text(10, SECRET))],
  ])('%s are masked', (_, node) => {
    expect(masked(page(node))).not.toContain(SECRET);
    expect(masked(page(), added(3, node))).not.toContain(SECRET);
  });

  test('are masked whatever their length, in every event, and only changes of what shows are kept', () => {
    const events = [
      page(element(9, 'input')),
      typed(9, 'a'),
      typed(9, 'ab'),
      typed(9, SECRET),
      typed(9, ''),
      typed(9, 'b'),
    ];
    const texts = maskEvents(events).events.flatMap(({ data }) => ('text' in data ? [data.text] : []));
    expect(texts).toEqual(['********', '', '********']);
  });

  test('of boxes do not show: which one is ticked is an answer', () => {
    const box = element(9, 'input', { type: 'checkbox', checked: true });
    const option = element(10, 'option', { selected: true });
    expect(masked(page(box, option))).not.toMatch(/checked|selected/);
    expect(masked(page(box), typed(9, 'on', true))).not.toMatch(/"isChecked":true|"on"/);
  });

  test('of buttons are labels', () => {
    expect(masked(page(element(9, 'input', { type: 'submit', value: 'Send' })))).toContain('"value":"Send"');
    const turned = changed({ attributes: [{ id: 9, attributes: { type: 'password', value: SECRET } }] });
    const back = changed({ attributes: [{ id: 9, attributes: { type: 'submit', value: SECRET } }] });
    expect(masked(page(element(9, 'input', { type: 'submit' })), turned, back)).not.toContain(SECRET);
  });

  test.each(['value', 'placeholder', 'title', 'data-x', 'aria-label', 'content', 'x'])(
    'that an attribute %s gets on an element that is not known are masked',
    (name) => {
      expect(masked(changed({ attributes: [{ id: 99, attributes: { [name]: SECRET } }] }))).not.toContain(
        SECRET,
      );
    },
  );
});

const marks: [string, Attributes][] = [
  ['the class rr-mask', { class: 'card rr-mask' }],
  ['the class dovecote-mask', { class: 'dovecote-mask' }],
  ['data-dovecote-mask', { 'data-dovecote-mask': '' }],
  ['contenteditable', { contenteditable: 'true' }],
  ['contenteditable without a value', { contenteditable: '' }],
  ['the role of a text box', { role: 'textbox' }],
];

describe.each(marks)('under %s', (_, marks) => {
  const below = (...nodes: SnapshotNode[]) => element(9, 'div', marks, element(10, 'p', {}, ...nodes));

  test('texts, and attributes that say something, are masked', () => {
    const spoken = {
      title: SECRET,
      alt: SECRET,
      'aria-label': SECRET,
      name: SECRET,
      id: SECRET,
      'data-a': 'hunter',
    };
    const node = below(
      text(11, SECRET),
      element(12, 'img', { ...spoken, src: PIXEL }),
      element(13, 'a', { href: `https://x.example/${SECRET}` }),
      element(14, 'input', { type: 'submit', value: SECRET }),
    );
    const events = masked(page(node));
    expect(events).not.toContain(SECRET);
    expect(events).not.toMatch(/hunter|data:image/);
  });

  test('so are those that come later', () => {
    const later = [
      changed({ texts: [{ id: 11, value: SECRET }] }),
      added(10, text(12, SECRET)),
      added(10, element(13, 'b', {}, text(14, SECRET))),
    ];
    expect(masked(page(below(text(11, 'x'))), ...later)).not.toContain(SECRET);
  });

  test('and those of the next chunk', () => {
    const { known } = maskEvents([page(below(text(11, 'x')), element(20, 'p', {}, text(21, 'open')))]);
    const next = [
      changed({
        texts: [
          { id: 11, value: SECRET },
          { id: 21, value: 'also open' },
        ],
      }),
      added(10, text(12, SECRET)),
    ];
    const events = JSON.stringify(maskEvents(next, known).events);
    expect(events).not.toContain(SECRET);
    expect(events).toContain('also open');
  });

  test('and those of an element that is marked later', () => {
    const plain = element(9, 'div', {}, element(10, 'p', {}, text(11, 'x')));
    const marked = changed({
      attributes: [{ id: 9, attributes: marks }],
      texts: [{ id: 11, value: SECRET }],
    });
    expect(masked(page(plain), marked)).not.toContain(SECRET);
  });
});

describe('without the chunks before', () => {
  test('everything about nodes that are not known is masked', () => {
    const events = [
      changed({ texts: [{ id: 21, value: SECRET }] }),
      added(20, text(22, SECRET)),
      added(20, element(23, 'p', { title: SECRET })),
    ];
    expect(masked(...events)).not.toContain(SECRET);
    expect(JSON.stringify(maskEvents(events, Uint8Array.of(1, 200)).events)).not.toContain(SECRET);
    expect(JSON.stringify(maskEvents(events, Uint8Array.of(9, 1, 0, 17)).events)).not.toContain(SECRET);
  });

  test('a node that lost its place, or stands in a circle, is masked', () => {
    const start = page(element(9, 'div', {}, element(10, 'p', {}, text(11, 'x'))));
    const open = changed({ texts: [{ id: 11, value: 'open' }] });
    expect(masked(start, open)).toContain('open');
    const lost = changed({ removes: [{ parentId: 3, id: 9 }], texts: [{ id: 11, value: SECRET }] });
    expect(masked(start, open, lost)).not.toContain(SECRET);
    const circle = [added(10, element(9, 'div')), changed({ texts: [{ id: 11, value: SECRET }] })];
    expect(masked(start, ...circle)).not.toContain(SECRET);
  });

  test('selections in what is masked are left out: offsets tell a length', () => {
    const range = (start: number) =>
      happened({ source: 14, ranges: [{ start, startOffset: 0, end: start, endOffset: 17 }] });
    const start = page(element(9, 'p', { class: 'rr-mask' }, text(10, 'x')), text(11, 'open'));
    expect(maskEvents([start, range(10), range(11), range(12)]).events).toHaveLength(2);
  });
});

describe('what acts', () => {
  const evil = 'https://evil.example/';
  test.each([
    ['a script', element(9, 'script', { src: evil }, text(10, 'alert(1)'))],
    ['a script of SVG', svg(9, 'script', { href: evil })],
    ['a script by another name', svg(9, 'svg:script', { href: evil })],
    [
      'a style of SVG by another name',
      { ...svg(9, 'x:style'), childNodes: [text(10, `@import "${evil}"`)] } as SnapshotNode,
    ],
    ['a handler', element(9, 'img', { onerror: 'alert(1)', ONLOAD: 'alert(1)' })],
    ['an address that runs', element(9, 'a', { href: 'javascript:alert(1)' })],
    ['an address that runs, disguised', element(9, 'x', { y: ' \tjavascript:alert(1)' })],
    [
      'a frame',
      element(9, 'iframe', {
        src: evil,
        srcdoc: '<script>alert(1)</script>',
        rr_src: evil,
        sandbox: 'allow-scripts',
        allow: 'camera',
      }),
    ],
    ['an object', element(9, 'object', { data: evil })],
    ['an embedded thing', element(9, 'embed', { src: evil })],
    ['a refresh', element(9, 'meta', { 'http-equiv': 'refresh', content: `0;url=${evil}` })],
    ['a base', element(9, 'base', { href: evil })],
    ['a style sheet', element(9, 'link', { rel: 'stylesheet', href: evil })],
    ['a preload', element(9, 'link', { rel: 'preload', as: 'image', imagesrcset: evil })],
    ['a form', element(9, 'form', { action: evil }, element(10, 'button', { formaction: evil }))],
    [
      'a picture',
      element(
        9,
        'picture',
        {},
        element(10, 'source', { srcset: evil }),
        element(11, 'img', { src: evil, srcset: evil, attributionsrc: evil }),
      ),
    ],
    [
      'a video',
      element(9, 'video', { src: evil, poster: evil, autoplay: '' }, element(10, 'track', { src: evil })),
    ],
    ['an animation', svg(9, 'set', { attributeName: 'href', to: 'javascript:alert(1)' })],
    ['a drawing from elsewhere', svg(9, 'use', { href: `${evil}#x`, 'xlink:href': `${evil}#x` })],
    ['an image in a drawing', svg(9, 'image', { href: evil, 'xlink:href': evil })],
    [
      'a paint from elsewhere',
      svg(9, 'rect', { fill: `url(${evil}#x)`, filter: String.raw`\75rl(${evil})` }),
    ],
    ['a style', element(9, 'p', { style: `background: url(${evil})` })],
    ['a sheet', element(9, 'style', { _cssText: `@import "${evil}"; p { background: url(${evil}) }` })],
    [
      'a sheet in texts',
      element(9, 'style', {}, text(10, `@import "${evil}"`), text(11, `p { background: url(${evil}) }`)),
    ],
    [
      'a sheet of a link',
      element(9, 'link', { _cssText: `p { background: url(${evil}) }`, rel: 'stylesheet', href: evil }),
    ],
    ['a background', element(9, 'table', { background: evil })],
    ['a tag of JavaScript', element(9, 'constructor', { x: evil })],
  ])('%s is taken away', (_, node) => {
    for (const events of [
      masked(page(node)),
      masked(page(), added(3, node)),
      masked(changed({ attributes: attributesIn(node) })),
    ]) {
      expect(events).not.toMatch(/evil\.example|alert|javascript:|"on|srcdoc|refresh/i);
      expect(events).not.toMatch(/"tagName":"(\w+:)?(script|base|meta|object|embed|set|constructor)"/i);
    }
  });

  function attributesIn(node: SnapshotNode) {
    return node.type === 2 ? [{ id: node.id, attributes: node.attributes }] : [];
  }

  test('sheets that change are inert', () => {
    const rule = `p { background: url(${evil}) }`;
    const events = [
      happened({ source: 8, id: 9, adds: [{ rule }], replace: rule, replaceSync: rule }),
      happened({ source: 13, id: 9, index: [0], set: { property: 'background', value: `url(${evil})` } }),
      happened({ source: 15, id: 1, styleIds: [1], styles: [{ styleId: 1, rules: [{ rule }] }] }),
      changed({
        attributes: [
          { id: 9, attributes: { style: { background: `url(${evil})`, color: ['red', 'important'] } } },
        ],
      }),
      changed({ texts: [{ id: 10, value: rule }] }),
    ];
    const sheet = page(element(9, 'style', {}, text(10, '')));
    expect(masked(sheet, ...events)).not.toContain('evil');
    expect(masked(sheet, ...events)).toContain('red');
  });

  test('the address of the page has neither query nor fragment', () => {
    const meta: ReplayEvent = {
      type: 4,
      data: { href: `https://x.example/a?t=${SECRET}#${SECRET}`, width: 1, height: 1 },
      timestamp: 0,
    };
    expect(maskEvents([meta]).events).toEqual([
      { ...meta, data: { ...meta.data, href: 'https://x.example/a' } },
    ]);
  });
});

describe('what a page shows otherwise', () => {
  test('is kept', () => {
    const node = element(
      9,
      'div',
      { class: 'md:flex', id: 'x', 'data-state': 'open', 'aria-label': 'Menu', style: 'color: red' },
      text(10, 'Hello, world'),
      element(11, 'img', { src: PIXEL, alt: 'A dove' }),
      element(12, 'a', { href: 'https://x.example/help' }, text(13, 'Help')),
    );
    const start = page(node);
    expect(maskEvents([start]).events).toEqual([start]);
  });

  test('is kept when it moves within the page', () => {
    const start = page(element(9, 'div', {}, element(10, 'p', {}, text(11, 'Hello'))), element(12, 'div'));
    const moved = changed({
      removes: [{ parentId: 9, id: 10 }],
      adds: [
        { parentId: 12, nextId: null, node: element(10, 'p') },
        { parentId: 10, nextId: null, node: text(11, 'Hello again') },
      ],
    });
    expect(masked(start, moved, changed({ texts: [{ id: 11, value: 'Hello at last' }] }))).toMatch(
      /Hello again.*Hello at last/,
    );
  });
});
