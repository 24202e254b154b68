import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { auditPersonalData } from './personal-data.store.js';
import { AuditRpc } from './audit.rpc.js';
import { ExtendChains } from './chain.jobs.js';
import { AuditChain } from './chain.service.js';
import { ChainStore } from './chain.store.js';
import { AuditEvents } from './event.service.js';
import { EventStore } from './event.store.js';
import { ExpireExport, MakeExport } from './export.jobs.js';
import { AuditExports } from './export.service.js';
import { ExportStore } from './export.store.js';

/**
 * The trail of an organization: what `scope.audit` has written, everywhere, read and exported.
 * Invariants: nothing in it is changed or removed while the organization is there; every event is in the chain or waits
 * for the next run, and an event leaves the queue only into the chain; an export is a slice of the chain without a gap.
 */
@Module({
  controllers: [AuditRpc],
  providers: [
    AuditChain,
    AuditEvents,
    AuditExports,
    ChainStore,
    EventStore,
    ExpireExport,
    ExportStore,
    ExtendChains,
    MakeExport,
  ],
})
export class AuditModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(auditPersonalData);
  }
}
