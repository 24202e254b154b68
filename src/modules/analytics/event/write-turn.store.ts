import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const take = statement(
  'write_turn.take',
  `select pg_advisory_xact_lock(hashtextextended('write_turn/' || $1, 0))`,
);

/** Turns of those who write events of a project past the queue, such as imports: one transaction at a time. */
@Injectable()
export class WriteTurnStore {
  /** Waits until the transactions of others that hold the turn have ended; holds it until this one does. */
  async take(scope: Scope, project: number): Promise<void> {
    await (await scope.tx()).execute(take, [project]);
  }
}
