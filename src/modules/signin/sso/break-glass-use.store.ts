import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { Database, statement } from '../../../platform/database/index.js';
import { addJob } from '../../../platform/jobs/add-job.js';
import type { Task } from '../../../platform/jobs/index.js';

/** `{ userId, sessionId }`: tells the admins of a session that uses break-glass access. */
export const breakGlassUsedTask: Task = { name: 'sso.break_glass_used', lane: 'mail', priority: 'high' };

const noteUse = statement(
  'sso_break_glass_use.insert',
  `insert into sso_break_glass_use (org_id, user_id, session_id, used_at) values ($1, $2, $3, $4)
   on conflict do nothing`,
);

/** Sessions that use break-glass access. The call that brings one has no scope yet. */
@Injectable()
export class BreakGlassUseStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Notes the session and enqueues the news of it, unless another server, or this one before a restart, has done so. */
  async note(orgId: string, userId: string, sessionId: string): Promise<void> {
    await this.database.transaction({ orgId }, async (tx) => {
      const { rowCount } = await tx.execute(noteUse, [orgId, userId, sessionId, this.clock.now()]);
      if (rowCount !== 1) return;
      await addJob(tx, orgId, { task: breakGlassUsedTask, payload: { userId, sessionId } });
    });
  }
}
