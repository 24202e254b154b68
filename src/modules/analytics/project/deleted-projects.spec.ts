import { expect, test } from '@jest/globals';
import type { AnalyticsStore } from '../../../platform/analytics-store/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { DeletedProject, DeletedProjectStore } from './deleted-project.store.js';
import { DeletedProjects } from './deleted-projects.service.js';

const now = new Date('2026-01-01T12:00:00Z');
const hoursAgo = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);

/** Runs the job over these projects, in a store that refuses those of `broken`. */
async function erase(pending: DeletedProject[], broken: readonly number[] = []) {
  const [deleted, marked]: [string[], number[]] = [[], []];
  const store: Pick<DeletedProjectStore, 'pending' | 'markErased'> = {
    pending: () => Promise.resolve(pending),
    markErased: (_scope, number) => Promise.resolve(void marked.push(number)),
  };
  const analytics: Pick<AnalyticsStore, 'delete'> = {
    delete: ({ project }, { table }) => {
      if (broken.includes(project.number)) return Promise.reject(new Error('The engine is away.'));
      return Promise.resolve(void deleted.push(`${project.number} ${table.table}`));
    },
  };
  // The service uses nothing of the two but these methods.
  const service = new DeletedProjects(store, analytics as AnalyticsStore);
  const scope: Pick<Scope, 'now'> = { now: () => now };
  const context = {
    run: <T>(work: (its: Scope) => Promise<T>) => work(scope as Scope),
    signal: new AbortController().signal,
  };
  const failure: unknown = await service.erase(context).catch((error: unknown) => error);
  return { deleted, marked, failure };
}

test('the failure of one erasure holds up no other, and is tried again', async () => {
  const pending = [
    { number: 1, deletedAt: hoursAgo(2) },
    { number: 2, deletedAt: hoursAgo(2) },
  ];
  const { deleted, marked, failure } = await erase(pending, [1]);
  expect(failure).toBeInstanceOf(AggregateError);
  expect(marked).toEqual([2]);
  expect(deleted).toEqual(['2 events', '2 person_aliases', '2 profiles', '2 persons', '2 touches']);
});

test('an erasure is repeated while accepted batches may follow', async () => {
  const { deleted, marked, failure } = await erase([{ number: 3, deletedAt: hoursAgo(0.5) }]);
  expect(failure).toBeUndefined();
  expect(deleted).toHaveLength(5);
  expect(marked).toEqual([]);
});
