import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface DeletedProject {
  number: number;
  deletedAt: Date;
}

const MOST_AT_ONCE = 100;

const pending = statement(
  'deleted_project.pending',
  `select number, deleted_at as "deletedAt" from deleted_project where erased_at is null
    order by deleted_at limit ${MOST_AT_ONCE}`,
);
const markErased = statement(
  'deleted_project.mark_erased',
  'update deleted_project set erased_at = $2 where number = $1 and erased_at is null',
);

/** What is left of a project, however it was deleted: a trigger of its table writes the row. */
@Injectable()
export class DeletedProjectStore {
  /** Those whose events may still be there, the oldest first. */
  async pending(scope: Scope): Promise<DeletedProject[]> {
    const tx = await scope.tx();
    return tx.query<DeletedProject>(pending);
  }

  async markErased(scope: Scope, number: number): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(markErased, [number, scope.now()]);
  }
}
