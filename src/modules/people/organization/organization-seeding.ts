import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { Fixture } from './fixtures/index.js';
import type { OrganizationEntity } from './organization.entity.js';

/** What a new organization contains besides itself. */
export interface OrganizationSeed {
  fixture: Fixture;
  /** The first member's id. */
  adminId: string;
}

/** Writes what an organization begins with of one module, in the transaction that creates it. */
export type SeedingStep = (
  scope: Scope,
  organization: OrganizationEntity,
  seed: OrganizationSeed,
) => Promise<void>;

/** Organization seeding: other modules contribute what a new organization begins with. All of it commits, or nothing. */
@Injectable()
export class OrganizationSeeding {
  private readonly steps: SeedingStep[] = [];

  /** Called by a module when it starts. */
  contribute(step: SeedingStep): void {
    this.steps.push(step);
  }

  /** In the order of contribution: a module's after those of the modules it imports. */
  async seed(scope: Scope, organization: OrganizationEntity, seed: OrganizationSeed): Promise<void> {
    for (const step of this.steps) await step(scope, organization, seed);
  }
}
