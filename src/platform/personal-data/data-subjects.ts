import { Injectable } from '@nestjs/common';
import type { Scope } from '../scope/index.js';

/**
 * A person of a project's events who is erased, with everything that leads to them. They are no member: those are erased by
 * `PersonalData`.
 */
export interface DataSubject {
  /** The project's number in the analytics store. */
  readonly project: number;
  /** All profiles of the person, also merged and deleted ones. */
  readonly profileIds: readonly string[];
  /** Ids that are the person's alone, and will never be used again. */
  readonly distinctIds: readonly string[];
  /** Ids that the application gave, under which the person may come back: a later profile may have them by now. */
  readonly returningIds: readonly string[];
}

/** How a module hides and erases what it keeps in PostgreSQL about such a person. */
export interface DataSubjectContribution {
  /** In the transaction of the request: from its commit on no call reads it. */
  hide?(scope: Scope, subject: DataSubject): Promise<void>;
  /** In the transaction that completes the erasure; may run again. Contributions rely on no order among themselves. */
  erase?(scope: Scope, subject: DataSubject): Promise<void>;
  /**
   * Copies that were made of what modules keep, such as files, also those that are being made: in the transaction that
   * completes the erasure, and again if something of the person arrived behind it.
   */
  eraseCopies?(scope: Scope, subject: DataSubject): Promise<void>;
}

/** What the modules contribute to the erasure of people of projects, which knows none of their tables. */
@Injectable()
export class DataSubjects {
  private readonly contributions: DataSubjectContribution[] = [];

  /** Called by a module when it starts. */
  contribute(contribution: DataSubjectContribution): void {
    this.contributions.push(contribution);
  }

  async hide(scope: Scope, subject: DataSubject): Promise<void> {
    for (const contribution of this.contributions) await contribution.hide?.(scope, subject);
  }

  async erase(scope: Scope, subject: DataSubject): Promise<void> {
    for (const contribution of this.contributions) await contribution.erase?.(scope, subject);
  }

  async eraseCopies(scope: Scope, subject: DataSubject): Promise<void> {
    for (const contribution of this.contributions) await contribution.eraseCopies?.(scope, subject);
  }
}
