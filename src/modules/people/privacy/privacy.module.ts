import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { MemberModule } from '../member/index.js';
import { DeletePerson } from './deletion.jobs.js';
import { Deletions } from './deletion.service.js';
import { ExpirePrivacyExport, MakePrivacyExport } from './export.jobs.js';
import { PrivacyExports } from './export.service.js';
import { PrivacyPersonalData } from './privacy-personal-data.js';
import { PrivacyServiceRpc } from './privacy.rpc.js';
import { RequestStore } from './request.store.js';
import { PrivacyRights } from './rights.service.js';

/**
 * What people may ask about their data, across all modules: each contributes what it keeps (`PersonalData`).
 * Invariants: nobody is deleted within 30 days unless an administrator names them twice; the last active super admin is
 * not deleted; afterwards the trail stands as it was, and names somebody whom nothing is known about.
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
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(this.own);
  }
}
