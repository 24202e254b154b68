import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { MessageSource, Recipient } from './render.rules.js';
import { RenderThreads } from './render-threads.js';

const source: MessageSource = {
  template: { title: 'Hello {{name}}', body: 'Hi {{name}}.', variables: [], sourceLocale: 'en' },
  translations: [],
  senderName: '',
  actions: [],
  stepVariables: {},
  campaignLocale: '',
  organizationLocale: '',
};
const named = (name: string): Recipient => ({
  profile: {},
  customAttributes: {},
  preferredLocale: '',
  variables: { name },
});

let threads: RenderThreads;
beforeEach(() => {
  threads = new RenderThreads(2);
});
afterEach(() => threads.close());

test('more work than threads is done in full, each result with its own work', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `N${index}`);
  const results = await Promise.all(
    names.map((name) => threads.render({ source, recipients: [named(name), named('Last')] })),
  );
  expect(results).toMatchObject(
    names.map((name) => [{ content: { title: `Hello ${name}` } }, { content: { title: 'Hello Last' } }]),
  );
});

test('an error in a thread is the error of the work that caused it, and of no other', async () => {
  const broken = { source: { ...source, template: { ...source.template, body: 'x'.repeat(50_001) } } };
  const [failed, made] = await Promise.allSettled([
    threads.render({ ...broken, recipients: [named('Ada')] }),
    threads.render({ source, recipients: [named('Ada')] }),
  ]);
  expect(failed).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('50000') } });
  expect(made).toMatchObject({ status: 'fulfilled', value: [{ ok: true }] });
});

test('work that waits when the threads are closed fails, and does not hang', async () => {
  const works = Promise.allSettled(
    Array.from({ length: 10 }, () => threads.render({ source, recipients: [named('Ada')] })),
  );
  await threads.close();
  const ended = await works;
  expect(ended.some(({ status }) => status === 'rejected')).toBe(true);
});
