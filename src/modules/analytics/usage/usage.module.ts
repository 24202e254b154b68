import { Module, type OnModuleInit } from '@nestjs/common';
import { MemberModule } from '../../people/member/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { EventModule, Ingest } from '../event/index.js';
import { ProjectModule } from '../project/index.js';
import { EventLimitStore } from './event-limit.store.js';
import { EventLimits } from './event-limits.service.js';
import { RefusedOrganizations } from './refused-organizations.js';
import { UsageCounts } from './usage-count.service.js';
import { CountUsage, SweepUsage } from './usage.jobs.js';
import { UsageRpc } from './usage.rpc.js';
import { Usages } from './usage.service.js';
import { UsageStore } from './usage.store.js';

/**
 * Usage is how many events an organization has sent: each event once, on the day on which it occurred, however often it was
 * sent. A limit of the month belongs to it.
 * Invariants: what was counted never falls, whatever is deleted later; admins are warned once a month of each percent; events
 * beyond the limit are refused only where the operator says so, and never dropped.
 */
@Module({
  imports: [EventModule, MemberModule, OrganizationModule, ProjectModule],
  controllers: [UsageRpc],
  providers: [
    CountUsage,
    EventLimits,
    EventLimitStore,
    RefusedOrganizations,
    SweepUsage,
    UsageCounts,
    Usages,
    UsageStore,
  ],
  exports: [EventLimits],
})
export class UsageModule implements OnModuleInit {
  constructor(
    private readonly ingest: Ingest,
    private readonly refused: RefusedOrganizations,
  ) {}

  onModuleInit(): void {
    this.ingest.contribute((scope) => this.refused.refuse(scope));
  }
}
