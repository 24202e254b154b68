import { describe, expect, test } from '@jest/globals';
import { wellKnownEvents } from '../event/index.js';
import { refuseEqualTitles, refuseTooLarge } from './board.rules.js';
import { questionOf } from './question.mapper.js';
import { templateOf, templates } from './templates.mapper.js';

const project = {
  id: '',
  number: 1,
  orgId: '',
  zone: 'UTC',
  mergeIdentities: false,
  retentionDays: null,
  eventsPerSecond: null,
};
const time = { window: { from: 0, to: 86_400_000 }, granularity: 'day' } as const;

describe.each(templates)('the template $id', ({ id, tiles }) => {
  test('asks questions that have answers', () => {
    for (const { content } of tiles) {
      if (content.type === 'markdown') continue;
      expect(questionOf(content, project, time).window).toEqual(time.window);
    }
    expect(refuseTooLarge(tiles, { boards: 0, bytes: 0 })).toBeUndefined();
    expect(refuseEqualTitles(tiles)).toBeUndefined();
  });

  test('asks about events with a standard name', () => {
    const kinds = JSON.stringify(tiles).matchAll(/"kind":"([^"]+)"/g);
    for (const [, kind] of kinds) expect(Object.keys(wellKnownEvents)).toContain(kind);
    expect(templateOf(id).tiles).toBe(tiles);
  });

  test('has tiles that do not overlap, on the grid', () => {
    const taken = new Set<string>();
    for (const { position } of tiles) {
      if (!position) throw new Error('Every tile is placed.');
      const { x, y, w, h } = position;
      expect(x + w).toBeLessThanOrEqual(72);
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          expect(taken.has(`${column} ${row}`)).toBe(false);
          taken.add(`${column} ${row}`);
        }
    }
  });
});

test('a template that does not exist is not found', () => {
  expect(() => templateOf('x')).toThrow('not found');
});
