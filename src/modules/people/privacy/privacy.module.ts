import { Module } from '@nestjs/common';
import { MemberModule } from '../member/index.js';
import { DeletePerson } from './deletion.jobs.js';
import { Deletions } from './deletion.service.js';
import { DossierStore } from './dossier.store.js';
import { ExpirePrivacyExport, MakePrivacyExport } from './export.jobs.js';
import { PrivacyExports } from './export.service.js';
import { ForgetStore } from './forget.store.js';
import { PrivacyServiceRpc } from './privacy.rpc.js';
import { RequestStore } from './request.store.js';
import { PrivacyRights } from './rights.service.js';

/**
 * What people may ask about their data, across all modules: it stands on top and knows their tables.
 * Invariants: nobody is deleted within 30 days unless an administrator names them twice; the last active super admin is
 * not deleted; afterwards the trail stands as it was, and names somebody whom nothing is known about.
 */
@Module({
  imports: [MemberModule],
  controllers: [PrivacyServiceRpc],
  providers: [
    DeletePerson,
    Deletions,
    DossierStore,
    ExpirePrivacyExport,
    ForgetStore,
    MakePrivacyExport,
    PrivacyExports,
    PrivacyRights,
    RequestStore,
  ],
})
export class PrivacyModule {}
