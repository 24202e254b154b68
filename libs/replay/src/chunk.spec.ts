import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readChunk } from './chunk.js';
import { CHUNK_LIMITS, type ChunkLimits } from './limits.js';
import { element, page, text, typed } from './spec-pages.js';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const limits: ChunkLimits = { ...CHUNK_LIMITS, earliestMs: NOW - 60_000, latestMs: NOW + 60_000 };

const read = (events: unknown, changed: Partial<ChunkLimits> = {}) =>
  readChunk(JSON.stringify(events), { ...limits, ...changed });
/** Why one event is left out. */
const reasons = (event: unknown, changed: Partial<ChunkLimits> = {}) => {
  const chunk = read([event], changed);
  return chunk.kind === 'chunk' ? chunk.leftOut.map(({ reason }) => reason) : chunk.reason;
};
const incremental = (data: unknown) => ({ type: 3, data, timestamp: NOW });

describe('a chunk', () => {
  test.each([
    ['too-large', '[]', { bytes: 1 }],
    ['too-large', '["ééé"]', { bytes: 8 }],
    ['not-json', '[1', {}],
    ['not-json', Uint8Array.of(0x5b, 0xff, 0x5d), {}],
    ['not-an-array', '{}', {}],
    ['not-an-array', '"x"', {}],
    ['too-many-events', '[1,2,3]', { events: 2 }],
    ['too-complex', '['.repeat(5_000), {}],
    ['too-complex', `[${'[],'.repeat(1_000)}[]]`, { nodes: 10, events: 10 }],
  ] as const)('is refused as %s: %p', (reason, json, changed) => {
    expect(readChunk(json, { ...limits, ...changed })).toEqual({ kind: 'refused', reason });
  });

  test('may hold brackets and quotes in texts', () => {
    const event = page(text(9, '[{"'.repeat(100_000)));
    expect(read([event], { nodes: 10 })).toEqual({ kind: 'chunk', events: [event], leftOut: [] });
  });

  test('keeps good events when others are bad, by time', () => {
    const late = { ...typed(9, 'x'), timestamp: NOW + 500 };
    const early = typed(9, 'y');
    const chunk = read([late, 7, null, { type: 99, timestamp: NOW }, early]);
    expect(chunk).toMatchObject({
      kind: 'chunk',
      events: [{ data: { text: 'y' } }, { data: { text: 'x' } }],
    });
    expect(chunk).toMatchObject({ leftOut: [1, 2, 3].map((index) => ({ index, reason: 'shape' })) });
  });
});

describe('an event', () => {
  const deep = (levels: number) => {
    let node = element(9, 'p');
    for (let level = 0; level < levels; level++) node = element(9, 'div', {}, node);
    return page(node);
  };
  test.each([
    ['canvas', incremental({ source: 9, id: 3, type: 0, commands: [] })],
    ['not-kept', incremental({ source: 10, family: 'x', fontSource: 'url(x)', buffer: false })],
    ['not-kept', incremental({ source: 11, level: 'log', payload: ['x'] })],
    ['not-kept', { type: 5, data: { tag: 'x', payload: {} }, timestamp: NOW }],
    ['not-kept', { type: 6, data: { plugin: 'rrweb/network@1', payload: {} }, timestamp: NOW }],
    ['not-kept', { type: 7, data: { url: 'https://x.example' }, timestamp: NOW }],
    ['shape', incremental({ source: 0, texts: [], attributes: [], adds: [] })],
    ['shape', incremental({ source: 5, id: -3, text: 'x', isChecked: false })],
    ['shape', incremental({ source: 5, id: 1.5, text: 'x', isChecked: false })],
    ['shape', incremental({ source: 3, id: 1, x: '1', y: 2 })],
    ['shape', incremental({ source: 'mutation' })],
    ['shape', { ...typed(9, 'x'), timestamp: '2026' }],
    ['time', { ...typed(9, 'x'), timestamp: NOW - 60_001 }],
    ['time', { ...typed(9, 'x'), timestamp: NOW + 60_001 }],
    ['too-deep', deep(600)],
  ])('is left out: %s', (reason, event) => {
    expect(reasons(event)).toEqual([reason]);
  });

  test('is left out when it stands long before the one in front of it', () => {
    const chunk = read([{ ...typed(9, 'x'), timestamp: NOW + 30_000 }, typed(9, 'y')]);
    expect(chunk).toMatchObject({ leftOut: [{ index: 1, reason: 'time' }] });
  });

  test('is left out when the chunk has no nodes left for it', () => {
    const chunk = read([page(element(9, 'p')), page(element(9, 'p'), text(10, 'x'))], { nodes: 8 });
    expect(chunk).toMatchObject({ events: [{ type: 2 }], leftOut: [{ index: 1, reason: 'too-many-nodes' }] });
  });

  test('loses a large image and a long text, and stays', () => {
    const image = `data:image/png;base64,${'A'.repeat(100)}`;
    const event = page(element(9, 'img', { src: image }), text(10, 'x'.repeat(200)));
    expect(reasons(event, { image: 50, text: 150 })).toEqual(['image', 'text']);
    const kept = JSON.stringify(read([event], { image: 50, text: 150 }));
    expect(kept).not.toMatch(/AAAA|xxxx/);
  });

  test('loses what rrweb does not write', () => {
    const hostile = JSON.parse(
      `{"type":4,"data":{"href":"https://x.example/","width":1,"height":1,"__proto__":{"polluted":1}},
        "timestamp":${NOW},"delay":5,"extra":true}`,
    ) as unknown;
    const chunk = read([hostile]);
    const event = { type: 4, data: { href: 'https://x.example/', width: 1, height: 1 }, timestamp: NOW };
    expect(chunk).toEqual({ kind: 'chunk', events: [event], leftOut: [] });
    const named = read([
      page(element(9, 'p', JSON.parse('{"__proto__":"x","a b":"x","class":"y"}') as never)),
    ]);
    expect(JSON.stringify(named)).toContain('"attributes":{"class":"y"}');
  });
});

describe('anything', () => {
  const like = fc.oneof(
    fc.json(),
    fc
      .array(
        fc.oneof(
          fc.jsonValue(),
          fc.constant(page(element(9, 'p'))),
          fc.record({ type: fc.nat(9), data: fc.jsonValue(), timestamp: fc.constant(NOW) }),
          fc
            .record({
              source: fc.nat(17),
              id: fc.nat(9),
              positions: fc.array(fc.jsonValue()),
              texts: fc.array(fc.jsonValue()),
            })
            .map(incremental),
        ),
      )
      .map((value) => JSON.stringify(value)),
  );

  test('is read or refused without an error, and what is read reads again as itself', () => {
    fc.assert(
      fc.property(like, (json) => {
        const chunk = readChunk(json, limits);
        if (chunk.kind === 'refused') return;
        const again = readChunk(JSON.stringify(chunk.events), limits);
        expect(JSON.stringify(again)).toBe(JSON.stringify({ ...chunk, leftOut: [] }));
      }),
      { numRuns: 2_000 },
    );
  });
});
