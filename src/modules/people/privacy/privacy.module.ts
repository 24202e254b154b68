import { Module, type OnModuleInit } from '@nestjs/common';
import { DataSubjects, PersonalData } from '../../../platform/personal-data/index.js';
import { MemberModule, ScheduledDeletions } from '../member/index.js';
import { DeletePerson } from './deletion.jobs.js';
import { Deletions } from './deletion.service.js';
import { ExpirePrivacyExport, MakePrivacyExport } from './export.jobs.js';
import { PrivacyExports } from './export.service.js';
import { PrivacyPersonalData } from './privacy-personal-data.js';
import { PrivacyServiceRpc } from './privacy.rpc.js';
import { RequestStore } from './request.store.js';
import { PrivacyRights } from './rights.service.js';

/**
 * Data protection requests of members across all modules: each module contributes what it keeps
 * (`PersonalData`).
 * Invariants: a deletion waits 30 days unless an admin confirms it by typing the address; the last active
 * super admin is not deleted; afterwards the audit trail is unchanged and refers to an id that identifies no
 * person.
 */
@Module({
  imports: [MemberModule],
  controllers: [PrivacyServiceRpc],
  providers: [
    DeletePerson,
    Deletions,
    ExpirePrivacyExport,
    MakePrivacyExport,
    PrivacyExports,
    PrivacyPersonalData,
    PrivacyRights,
    RequestStore,
  ],
})
export class PrivacyModule implements OnModuleInit {
  constructor(
    private readonly personalData: PersonalData,
    private readonly own: PrivacyPersonalData,
    private readonly deletions: ScheduledDeletions,
    private readonly requests: RequestStore,
    private readonly subjects: DataSubjects,
    private readonly exports: PrivacyExports,
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(this.own);
    this.deletions.contribute(this.requests);
    this.subjects.contribute(this.exports);
  }
}
