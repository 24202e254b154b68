import type { Task } from '../../../platform/jobs/index.js';
import type { DataSubject } from '../../../platform/personal-data/index.js';

/** How far an erasure has come, in the table as on the wire. Numbers of shared.profiles.v1.ComplianceRequestStatus. */
export const erasureStatus = { pending: 1, processing: 2, completed: 3, failed: 4 } as const;
type ErasureStatus = (typeof erasureStatus)[keyof typeof erasureStatus];

/** An entry of the ledger. */
export interface Erasure {
  readonly id: string;
  readonly status: ErasureStatus;
  /** Null when the person had none, or it has been forgotten. */
  readonly externalId: string | null;
  /** The distinct id for a person without a profile. */
  readonly profileId: string | null;
  /** Null until they are counted. */
  readonly eventsIdentified: number | null;
  readonly requestedAt: Date;
  readonly completedAt: Date | null;
  readonly error: string | null;
}

/** What an erasure has to reach, fixed when it is requested. */
export interface ErasureScope extends DataSubject {
  readonly id: string;
  readonly requestedAt: Date;
  readonly isCounted: boolean;
  /** How often it was begun. */
  readonly attempts: number;
}

/** Whom a request names, with everything that leads to them. */
export interface NamedSubject extends DataSubject {
  readonly externalId: string | null;
  readonly profileId: string | null;
}

export const eraseTask: Task = { name: 'erasure.erase', lane: 'background', priority: 'normal' };
export const confirmTask: Task = { name: 'erasure.confirm', lane: 'background', priority: 'normal' };
export const forgetTask: Task = { name: 'erasure.forget-names', lane: 'background', priority: 'normal' };
