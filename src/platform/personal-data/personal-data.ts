import { Injectable } from '@nestjs/common';
import type { JobContext } from '../worker/index.js';
import type { Scope } from '../scope/index.js';
import type { ExportFile } from './export-file.js';

/** A member whose data is erased. */
export interface ErasedMember {
  readonly userId: string;
  /** The member's row stays, without anything that says who it was, and so does what others count of it. */
  readonly anonymize: boolean;
}

/**
 * How a module exports and erases what it keeps about a member. Correction and restriction happen in one
 * place, the member's own row (`src/modules/people/member`), which other modules read.
 * Erasure is a job with two phases; order is guaranteed between the phases only, so a contribution must not
 * rely on another one. Data outside of PostgreSQL fits in both: before the commit, `eraseFirst` runs outside
 * of any transaction and may wait for another store; after the commit, a job does: `erase` calls
 * `scope.enqueue`, and the job runs at least once if, and only if, the member was erased.
 */
export interface PersonalDataContribution {
  /** Files of an export about a member. */
  readonly files?: readonly ExportFile[];
  /** Files of an export of the organization. */
  readonly organizationFiles?: readonly ExportFile[];
  /**
   * First phase: what is too much for one transaction, or is not in PostgreSQL. Opens a scope for each piece. Runs at
   * least once, from the beginning, while the member is deactivated and their processing is restricted.
   */
  eraseFirst?(member: ErasedMember, context: JobContext): Promise<void>;
  /** Second phase: all the rest, in the one transaction that deletes the member and completes the request. */
  erase?(scope: Scope, member: ErasedMember): Promise<void>;
  /**
   * What is kept by the address of a person, in no organization, and outlives the identity's row. Called in the
   * transaction that deletes the row of a person who is a member nowhere any more.
   */
  erasePerson?(scope: Scope, email: string): Promise<void>;
}

/** What the modules contribute to the privacy module, which knows none of their tables. */
@Injectable()
export class PersonalData {
  private readonly contributions: PersonalDataContribution[] = [];

  /** Called by a module when it starts. */
  contribute(contribution: PersonalDataContribution): void {
    this.contributions.push(contribution);
  }

  get files(): readonly ExportFile[] {
    return this.contributions.flatMap(({ files = [] }) => files);
  }

  get organizationFiles(): readonly ExportFile[] {
    return this.contributions.flatMap(({ organizationFiles = [] }) => organizationFiles);
  }

  async eraseFirst(member: ErasedMember, context: JobContext): Promise<void> {
    for (const contribution of this.contributions) await contribution.eraseFirst?.(member, context);
  }

  async erase(scope: Scope, member: ErasedMember): Promise<void> {
    for (const contribution of this.contributions) await contribution.erase?.(scope, member);
  }

  async erasePerson(scope: Scope, email: string): Promise<void> {
    for (const contribution of this.contributions) await contribution.erasePerson?.(scope, email);
  }
}
