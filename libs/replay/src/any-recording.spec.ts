import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attributes, ReplayEvent, SnapshotNode } from './event.js';
import { maskEvents } from './mask-events.js';
import { changed, element, page, SECRET, svg, text } from './spec-pages.js';

const tags = fc.constantFrom(
  'div',
  'p',
  'input',
  'textarea',
  'select',
  'option',
  'style',
  'script',
  'title',
  'a',
  'img',
  'svg:script',
  'iframe',
  'x-card',
);
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  fc.constantFrom(
    'value',
    'title',
    'onload',
    'class',
    'href',
    'style',
    'type',
    'contenteditable',
    'data-x',
    'role',
  ),
  fc.constantFrom('rr-mask', 'true', 'submit', SECRET, `url(${SECRET})`, 'javascript:alert(1)'),
);
const node = (id: number): fc.Arbitrary<SnapshotNode> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .tuple(tags, attributes, fc.boolean())
        .map(([tag, given, isSvg]) => (isSvg ? svg(id, tag, given) : element(id, tag, given))),
    },
    fc.constantFrom('Hello', 'url(x)', '{{pii}}x').map((content) => text(id, content)),
  );
/** A page of twenty nodes, and changes that put nodes anywhere, in no circles. */
const recording = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(20), fc.boolean()), { minLength: 1, maxLength: 12 }),
    fc.tuple(...Array.from({ length: 20 }, (_, index) => node(index + 4))),
    fc.array(attributes, { minLength: 12, maxLength: 12 }),
  )
  .map(([steps, nodes, changes]) => [
    page(...nodes.slice(0, 8)),
    ...steps.map(([at, isAdd], index) => {
      const added = nodes[at % nodes.length] ?? text(99, '');
      if (isAdd)
        return changed({
          adds: [{ parentId: 3 + ((at * 7 + index) % (added.id - 3)), nextId: null, node: added }],
        });
      return changed({
        attributes: [{ id: added.id, attributes: changes[index] ?? {} }],
        texts: [{ id: added.id, value: `Text ${index}` }],
      });
    }),
  ]);

/** Without the texts that a chunk repeats of the one before. */
function shown(events: readonly ReplayEvent[]): unknown[] {
  const last = new Map<number, string | null>();
  return events.flatMap((event): unknown[] => {
    if (event.type !== 3 || event.data.source !== 0) return [event];
    const { adds, attributes, texts: given } = event.data;
    const texts = given.filter(({ id, value }) => last.get(id) !== value);
    for (const { id, value } of texts) last.set(id, value);
    return adds.length + attributes.length + texts.length === 0 ? [] : [{ adds, attributes, texts }];
  });
}

describe('any recording', () => {
  test('is masked the same in one piece and in chunks', () => {
    fc.assert(
      fc.property(recording, fc.nat(12), (events, cut) => {
        const whole = maskEvents(events);
        const first = maskEvents(events.slice(0, cut));
        const second = maskEvents(events.slice(cut), cut === 0 ? undefined : first.known);
        expect(shown([...first.events, ...second.events])).toEqual(shown(whole.events));
        expect(second.known).toEqual(whole.known);
      }),
      { numRuns: 500 },
    );
  });

  test('is masked after one pass', () => {
    fc.assert(
      fc.property(recording, (events) => {
        const once = maskEvents(events).events;
        expect(maskEvents(once).events).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });

  test('runs nothing', () => {
    fc.assert(
      fc.property(recording, (events) => {
        expect(JSON.stringify(maskEvents(events).events)).not.toMatch(
          /"href":"javascript:|"onload"|"style":"[^"]*url\(|"tagName":"(svg:)?script"/,
        );
      }),
      { numRuns: 500 },
    );
  });
});
