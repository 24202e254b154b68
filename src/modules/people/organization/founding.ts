import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { Fixture } from './fixtures/index.js';
import type { OrganizationEntity } from './organization.entity.js';

/** What the founder asked for beside the organization itself. */
export interface Furnishing {
  fixture: Fixture;
  /** The founder's id as a member. */
  adminId: string;
}

/** Writes what an organization begins with of one module, in the transaction that creates it. */
export type FoundingStep = (
  scope: Scope,
  organization: OrganizationEntity,
  furnishing: Furnishing,
) => Promise<void>;

/** How modules that this one does not know furnish a new organization: all of it is there from the start, or nothing. */
@Injectable()
export class Founding {
  private readonly steps: FoundingStep[] = [];

  /** Called by a module when it starts. */
  contribute(step: FoundingStep): void {
    this.steps.push(step);
  }

  /** In the order of contribution: a module's after those of the modules it imports. */
  async furnish(scope: Scope, organization: OrganizationEntity, furnishing: Furnishing): Promise<void> {
    for (const step of this.steps) await step(scope, organization, furnishing);
  }
}
