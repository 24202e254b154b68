import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { DeliveryModule } from '../../messaging/delivery/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { HeatmapModule } from '../heatmap/index.js';
import { ChunkStore } from './chunk.store.js';
import { Chunks } from './chunks.service.js';
import { RecordingContent } from './recording-content.js';
import { RecordingErasure } from './recording-erasure.js';
import { RecordingRemoval } from './recording-removal.js';
import { RecordingRpc } from './recording.rpc.js';
import { RecordingSettingsStore } from './recording-settings.store.js';
import { RecordingStore } from './recording.store.js';
import { Recordings } from './recordings.service.js';
import { FindExpiredRecordings, PurgeRecordings, RemoveRecordingContent } from './replay.jobs.js';
import { ReplayRpc } from './replay.rpc.js';
import { RecordingRetention } from './retention.service.js';

/**
 * A recording is what the client of a member has shown in one session, in chunks.
 *
 * - A chunk is stored once, in whatever order chunks arrive and however often; it is masked before it is stored.
 * - Content is in the object store, encrypted with a key that is in the row of the recording and goes with it.
 * - Whose session it was is in the row for erasure and limits, and in no answer. Who has watched is in the trail.
 * - Nothing is stored, listed or played back of an organization without behavioural analytics, or of members whose processing is
 *   restricted.
 * - An object without a chunk lives no longer than the recording.
 */
@Module({
  imports: [DeliveryModule, HeatmapModule, OrganizationModule],
  controllers: [RecordingRpc, ReplayRpc],
  providers: [
    Chunks,
    ChunkStore,
    FindExpiredRecordings,
    PurgeRecordings,
    RecordingContent,
    RecordingErasure,
    RecordingRemoval,
    RecordingRetention,
    Recordings,
    RecordingSettingsStore,
    RecordingStore,
    RemoveRecordingContent,
  ],
})
export class ReplayModule implements OnModuleInit {
  constructor(
    private readonly personalData: PersonalData,
    private readonly erasure: RecordingErasure,
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(this.erasure);
  }
}
