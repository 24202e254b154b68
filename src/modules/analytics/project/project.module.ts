import { Module, type OnModuleInit } from '@nestjs/common';
import { UsageRecorder } from '../../../platform/caller/usage-recorder.js';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { AnalyticsVersions } from './analytics-version.store.js';
import { DeletedProjectStore } from './deleted-project.store.js';
import { DeletedProjects } from './deleted-projects.service.js';
import { projectPersonalData } from './personal-data.store.js';
import { ProjectKeyStore } from './project-key.store.js';
import { ProjectKeys } from './project-keys.service.js';
import { ApplyRetention, EraseDeletedProjects, FreeDeleted } from './project.jobs.js';
import { ProjectRpc } from './project.rpc.js';
import { Projects } from './project.service.js';
import { ProjectStore } from './project.store.js';
import { PushAccountStore } from './push-account.store.js';
import { PushAccounts } from './push-accounts.service.js';
import { Retention } from './retention.service.js';
import { projectKeyUsage } from './usage.store.js';

/**
 * A project is what events belong to: one site, app or product of an organization. Its keys let programs send to it, or
 * read it, without a person.
 * Invariants: its number names it in the analytics store and is never given again; a key is for one project and for
 * sending, reading or both; a key is shown once, but for public ones; once revoked it is refused on every server within
 * a second; whatever deletes a project, its events are deleted afterwards.
 */
@Module({
  controllers: [ProjectRpc],
  providers: [
    AnalyticsVersions,
    ApplyRetention,
    DeletedProjects,
    DeletedProjectStore,
    EraseDeletedProjects,
    FreeDeleted,
    ProjectKeys,
    ProjectKeyStore,
    Projects,
    ProjectStore,
    PushAccounts,
    PushAccountStore,
    Retention,
  ],
  exports: [AnalyticsVersions, ProjectKeys, Projects, PushAccounts],
})
export class ProjectModule implements OnModuleInit {
  constructor(
    private readonly usage: UsageRecorder,
    private readonly personalData: PersonalData,
  ) {}

  onModuleInit(): void {
    this.usage.contribute(projectKeyUsage);
    this.personalData.contribute(projectPersonalData);
  }
}
