import { beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import type { AnalyticsStore, StatementOwner } from '../../../platform/analytics-store/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { AnalyticsVersions } from '../project/index.js';
import type { Profiles } from '../profile/index.js';
import { Answers } from './answers.service.js';
import type { SegmentationQuery } from './insight-query.js';
import { Insights } from './insights.service.js';
import { everything } from './question-examples.js';
import { Questions } from './questions.service.js';

interface Running {
  readonly owner: StatementOwner;
  readonly name: string;
  finish(total: number): void;
  fail(error: Error): void;
}

let started: Running[];
let now: number;
/** The same for every project. */
let version: number;
let answers: Answers;

beforeEach(() => {
  started = [];
  now = 1_000_000;
  version = 1;
  const store = {
    query: (owner: StatementOwner, _: unknown, { events: [event] }: SegmentationQuery) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const name = `${owner.orgId} ${owner.project.number} ${event?.kind ?? ''}`;
      owner.signal?.addEventListener('abort', () => reject(new Error('The engine ended it.')));
      started.push({ owner, name, finish: (value) => resolve([{ value, total: value }]), fail: reject });
      return promise;
    },
  };
  const versions = { current: async () => version };
  // The only methods that questions need; none asks for profiles.
  answers = new Answers(
    new Insights(store as unknown as AnalyticsStore),
    {} as Profiles,
    new Questions(versions as unknown as AnalyticsVersions),
  );
});

function ask(orgId: string, kind: string, parts: { project?: number; signal?: AbortSignal } = {}) {
  const project = { number: parts.project ?? 1 };
  // What Answers reads of a scope.
  const scope = { orgId, project, requestId: '', signal: parts.signal, now: () => new Date(now) };
  return answers.evaluate(scope as unknown as Scope, {
    ...everything,
    type: 'segmentation',
    events: [{ kind, filters: [] }],
    aggregation: { type: 'total' },
  });
}

/** Asks; the outcome is of no interest. */
function askOnly(...parts: Parameters<typeof ask>): void {
  ask(...parts).catch(() => undefined);
}

const names = () => started.map(({ name }) => name);
const startedCount = (count: number) =>
  eventually(`${count} started, not ${names().join(', ')}`, async () => started.length === count);
/** Everything that could start without an answer of the store has started. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the queue', () => {
  test('refuses one organization when too many of its questions wait, and no other', async () => {
    for (let asked = 0; asked < 103; asked += 1) askOnly('acme', `e${asked}`);
    await startedCount(3);
    await expect(ask('acme', 'one more')).rejects.toMatchObject({
      kind: 'resource_exhausted',
      reason: 'ANALYTICS_QUEUE_FULL',
      details: { retryAfterSeconds: 5 },
    });
    askOnly('other', 'a', { project: 2 });
    await startedCount(4);
    expect(names().at(-1)).toBe('other 2 a');
  });

  test('starts the only question of another organization at once, and takes turns', async () => {
    for (const kind of ['a', 'b', 'c', 'd', 'e']) askOnly('acme', kind);
    askOnly('other', 'x', { project: 2 });
    askOnly('other', 'y', { project: 2 });
    await settled();
    expect(names()).toEqual(['acme 1 a', 'acme 1 b', 'acme 1 c', 'other 2 x']);
    started[0]?.finish(1);
    await startedCount(5);
    expect(names().at(-1)).toBe('acme 1 d');
    started[1]?.fail(new Error('It failed.'));
    await startedCount(6);
    expect(names().at(-1)).toBe('other 2 y');
    started[2]?.finish(1);
    await startedCount(7);
    expect(names().at(-1)).toBe('acme 1 e');
  });

  test('drops a question whose caller leaves while it waits', async () => {
    for (const kind of ['a', 'b', 'c']) askOnly('acme', kind);
    const controller = new AbortController();
    const left = ask('acme', 'left', { signal: controller.signal });
    askOnly('acme', 'next');
    await settled();
    controller.abort();
    await expect(left).rejects.toMatchObject({ kind: 'cancelled' });
    started[0]?.finish(1);
    await startedCount(4);
    expect(names().at(-1)).toBe('acme 1 next');
  });
});

describe('equal questions', () => {
  test('are asked once, of one project and within a second', async () => {
    const both = Promise.all([ask('acme', 'a'), ask('acme', 'a')]);
    askOnly('other', 'a', { project: 2 });
    await settled();
    expect(names()).toEqual(['acme 1 a', 'other 2 a']);
    now += 1_001;
    askOnly('acme', 'a');
    await startedCount(3);
    started[0]?.finish(7);
    expect(await both).toMatchObject([{ total: 7 }, { total: 7 }]);
  });

  test('fail alike', async () => {
    const both = [ask('acme', 'a'), ask('acme', 'a')];
    await startedCount(1);
    started[0]?.fail(new Error('The store failed.'));
    const failed = expect.objectContaining({ status: 'rejected', reason: new Error('The store failed.') });
    expect(await Promise.allSettled(both)).toEqual([failed, failed]);
  });

  test('run on until the last caller has left, and no longer', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const [first, second] = [one, two].map(({ signal }) => ask('acme', 'a', { signal }));
    await startedCount(1);
    one.abort();
    await expect(first).rejects.toMatchObject({ kind: 'cancelled' });
    expect(started[0]?.owner.signal?.aborted).toBe(false);
    two.abort();
    await expect(second).rejects.toMatchObject({ kind: 'cancelled' });
    expect(started[0]?.owner.signal?.aborted).toBe(true);
    // The next one does not join what has ended.
    askOnly('acme', 'a');
    await startedCount(2);
  });

  test('are answered to those who stay', async () => {
    const controller = new AbortController();
    const left = ask('acme', 'a', { signal: controller.signal });
    const stayed = ask('acme', 'a');
    await startedCount(1);
    controller.abort();
    await expect(left).rejects.toMatchObject({ kind: 'cancelled' });
    started[0]?.finish(3);
    expect(await stayed).toMatchObject({ total: 3 });
  });
});

describe('an answer', () => {
  const answered = async (total: number, ...parts: Parameters<typeof ask>) => {
    const count = started.length;
    const asked = ask(...parts);
    await startedCount(count + 1);
    started[count]?.finish(total);
    return asked;
  };

  test('is given again while nothing of the project changes', async () => {
    expect(await answered(7, 'acme', 'a')).toMatchObject({ total: 7 });
    expect(await ask('acme', 'a')).toMatchObject({ total: 7 });
    expect(await answered(8, 'acme', 'b')).toMatchObject({ total: 8 });
    expect(await answered(9, 'other', 'a', { project: 2 })).toMatchObject({ total: 9 });
    expect(names()).toEqual(['acme 1 a', 'acme 1 b', 'other 2 a']);
  });

  test('is asked for again when the project has changed', async () => {
    await answered(7, 'acme', 'a');
    version = 2;
    expect(await answered(8, 'acme', 'a')).toMatchObject({ total: 8 });
    expect(await ask('acme', 'a')).toMatchObject({ total: 8 });
  });

  test('is not given to a question that came after a change, although it was on its way', async () => {
    const before = ask('acme', 'a');
    await startedCount(1);
    version = 2;
    const after = answered(8, 'acme', 'a');
    await startedCount(2);
    started[0]?.finish(7);
    expect([await before, await after]).toMatchObject([{ total: 7 }, { total: 8 }]);
    expect(await ask('acme', 'a')).toMatchObject({ total: 8 });
  });

  test('is asked for again after a minute', async () => {
    await answered(7, 'acme', 'a');
    now += 60_000;
    expect(await answered(8, 'acme', 'a')).toMatchObject({ total: 8 });
  });

  test('that failed is asked for again', async () => {
    const failed = ask('acme', 'a');
    await startedCount(1);
    started[0]?.fail(new Error('The store failed.'));
    await expect(failed).rejects.toThrow('The store failed.');
    expect(await answered(8, 'acme', 'a')).toMatchObject({ total: 8 });
  });
});
