import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';

/** Asked while the member is locked, so that the answer holds until the transaction ends. */
export interface DeletionSchedule {
  /** Whether the deletion of the member is scheduled or being made. */
  isPending(scope: Scope, userId: string): Promise<boolean>;
  /** Has a cancelled deletion leave the member deactivated. Returns false when nothing changed. */
  keepDeactivated(scope: Scope, userId: string): Promise<boolean>;
}

/** The schedule that the privacy module keeps: it stands above this module, and contributes it. */
@Injectable()
export class ScheduledDeletions implements DeletionSchedule {
  private schedule: DeletionSchedule | undefined;

  /** Called by the privacy module when it starts. */
  contribute(schedule: DeletionSchedule): void {
    this.schedule = schedule;
  }

  isPending(scope: Scope, userId: string): Promise<boolean> {
    return this.contributed.isPending(scope, userId);
  }

  keepDeactivated(scope: Scope, userId: string): Promise<boolean> {
    return this.contributed.keepDeactivated(scope, userId);
  }

  /** Without the schedule, a member could be reactivated while their data is being erased. */
  private get contributed(): DeletionSchedule {
    if (!this.schedule) throw new Error('No module has contributed the schedule of deletions.');
    return this.schedule;
  }
}
