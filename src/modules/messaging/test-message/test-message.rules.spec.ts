import { describe, expect, test } from '@jest/globals';
import type { RenderedContent } from '../render/index.js';
import { failuresOf, marked, refuseGroupSize } from './test-message.rules.js';

const content: RenderedContent = {
  ...{ contentId: 'c', title: 'Fire drill', body: 'At nine.', summary: 'At nine.', preview: 'At nine.' },
  ...{ senderName: '', actions: [], locale: 'en' },
};

describe('a test message', () => {
  test('says so in its title, and has another id', () => {
    expect(marked(content)).toMatchObject({ title: '[Test] Fire drill', body: 'At nine.' });
    expect(marked(content).contentId).not.toBe('c');
    expect(marked(content).contentId).not.toBe(marked({ ...content, body: 'At ten.' }).contentId);
  });

  test('has a title that is no longer than others', () => {
    const { title } = marked({ ...content, title: 'x'.repeat(200) });
    expect(title).toHaveLength(200);
    expect(title.startsWith('[Test] x')).toBe(true);
    // Counted and cut as titles are: no half of a character stays.
    expect(marked({ ...content, title: '🔥'.repeat(200) }).title).toBe(`[Test] ${'🔥'.repeat(193)}`);
  });

  test('goes to fifty members', () => {
    expect(refuseGroupSize(50)).toBeUndefined();
    expect(refuseGroupSize(51)?.reason).toBe('TEST_GROUP_TOO_LARGE');
  });

  test('tells each reason once, and ten of them', () => {
    const errors = Array.from(
      { length: 12 },
      (_, index) => ({ ok: false, error: `Reason ${index}.` }) as const,
    );
    expect(failuresOf([...errors, ...errors, { ok: true, content }])).toEqual(
      errors.slice(0, 10).map(({ error }) => error),
    );
  });
});
