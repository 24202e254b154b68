import { Injectable } from '@nestjs/common';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { RemovedRecording } from './recording.js';
import { RecordingStore } from './recording.store.js';

/** `{ recordingId }`: deletes the objects of a recording that is deleted. */
export const removeContentTask: Task = { name: 'replay.remove-content', lane: 'background', priority: 'low' };

/** Whatever holds up a call that is storing a chunk has ended by then. */
const STORED_MS = 10 * 60_000;

/** Deletes recordings. Their key goes with their row: what is left of them cannot be read from then on. */
@Injectable()
export class RecordingRemoval {
  constructor(private readonly store: RecordingStore) {}

  /** Returns which were there. */
  async remove(scope: Scope, ids: readonly string[]): Promise<string[]> {
    const removed = await this.store.remove(scope, ids);
    await this.complete(scope, removed);
    return removed.map(({ id }) => id);
  }

  /** Does what follows from the deletion of rows, in the same transaction. */
  async complete(scope: Scope, removed: readonly RemovedRecording[]): Promise<void> {
    await this.store.reduceUse(scope, removed);
    const later = new Date(scope.now().getTime() + STORED_MS);
    for (const { id: recordingId } of removed) {
      await scope.enqueue({ task: removeContentTask, payload: { recordingId } });
      // A chunk may be on its way into the object store at this moment.
      await scope.enqueue({ task: removeContentTask, payload: { recordingId }, runAt: later });
    }
  }
}
