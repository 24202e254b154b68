import { Module, type OnModuleInit } from '@nestjs/common';
import { DataSubjects, PersonalData } from '../../../platform/personal-data/index.js';
import { EventModule } from '../event/index.js';
import { ProjectModule } from '../project/index.js';
import { SubscriptionModule } from '../subscription/index.js';
import { PersonIdStore } from './data-subject.store.js';
import { DocumentedProfilesRpc } from './documented-profiles.rpc.js';
import { Identities } from './identity.store.js';
import { profilePersonalData } from './personal-data.store.js';
import { ProfileMergeStore } from './profile-merge.store.js';
import { ProfileMergesRpc } from './profile-merges.rpc.js';
import { ProfileMerges } from './profile-merges.service.js';
import { ProfileMirror } from './profile-mirror.js';
import { ProfileMirrorStore } from './profile-mirror.store.js';
import { ProfileRecords } from './profile-records.store.js';
import { StoredProfileStore } from './stored-profile.store.js';
import { ProfileStore } from './profile.store.js';
import { Profiles } from './profiles.service.js';
import { PropertyChangeRecords } from './property-change-records.store.js';
import { PropertyChangeStore } from './property-change.store.js';
import { PropertyHistoryRpc } from './property-history.rpc.js';
import { PropertyHistory } from './property-history.service.js';
import { PurgePropertyChanges } from './purge-property-changes.job.js';
import { ShippedProfilesRpc } from './shipped-profiles.rpc.js';

/**
 * A profile is a person of a project, as an SDK makes them known, with their traits. Events keep the id with which they
 * came; which profile an id leads to is decided when they are read.
 *
 * - One active profile has an external id, however many calls name it at once.
 * - Every id leads to one profile at most, and never to one that was merged into another.
 * - What is deleted is not revived: its external id makes a new profile.
 * - The analytics store learns of every change, and keeps the newest.
 * - What a property was, and what has set it, is written with the change.
 */
@Module({
  imports: [EventModule, ProjectModule, SubscriptionModule],
  controllers: [DocumentedProfilesRpc, ProfileMergesRpc, PropertyHistoryRpc, ShippedProfilesRpc],
  providers: [
    Identities,
    PersonIdStore,
    ProfileMerges,
    ProfileMergeStore,
    ProfileMirror,
    ProfileMirrorStore,
    ProfileRecords,
    StoredProfileStore,
    Profiles,
    ProfileStore,
    PropertyChangeRecords,
    PropertyChangeStore,
    PropertyHistory,
    PurgePropertyChanges,
  ],
  exports: [Identities, ProfileRecords, Profiles, PropertyChangeRecords],
})
export class ProfileModule implements OnModuleInit {
  constructor(
    private readonly personalData: PersonalData,
    private readonly subjects: DataSubjects,
    private readonly personIds: PersonIdStore,
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(profilePersonalData);
    this.subjects.contribute(this.personIds);
  }
}
