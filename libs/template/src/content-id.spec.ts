import { expect, test } from '@jest/globals';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import type { Content } from './index.js';
import { contentId } from './index.js';

const content: Content = {
  title: 'Fire drill',
  body: 'Tomorrow ☕',
  senderName: 'Safety',
  locale: 'en',
  actions: [{ id: 'ack', type: 'ACK', label: 'Got it' }],
};

test('is what the documented encoding gives', () => {
  const text = (value: string): string => {
    const bytes = Buffer.from(value).toString('hex');
    return (bytes.length / 2).toString(16).padStart(8, '0') + bytes;
  };
  const head = ['dovecote.content.v1', 'Fire drill', 'Safety', 'Tomorrow ☕', 'en'].map(text).join('');
  const input = head + '00000001' + ['ack', 'ACK', 'Got it'].map(text).join('');
  expect(contentId(content)).toBe(hash('sha256', Buffer.from(input, 'hex')));
});

test('differs with every part, also when the same text moves between parts', () => {
  const ids = [
    content,
    { ...content, title: 'Fire drillT', body: 'omorrow ☕' },
    { ...content, senderName: '' },
    { ...content, locale: 'es' },
    { ...content, actions: [] },
    { ...content, actions: [...content.actions, ...content.actions] },
    { ...content, actions: [{ id: 'ackA', type: 'CK', label: 'Got it' }] },
  ].map(contentId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('two contents have the same id only when they are the same', () => {
  const contents = fc.record<Content>({
    title: fc.string({ maxLength: 2 }),
    body: fc.string({ maxLength: 2 }),
    senderName: fc.string({ maxLength: 2 }),
    locale: fc.constant(''),
    actions: fc.constant([]),
  });
  fc.assert(
    fc.property(contents, contents, (a, b) => {
      expect(contentId(a) === contentId(b)).toBe(
        a.title === b.title && a.body === b.body && a.senderName === b.senderName,
      );
    }),
  );
});
