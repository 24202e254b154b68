import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type AddChunkRequest,
  type AddChunkResponseSchema,
  type DeleteRecordingRequest,
  type DeleteRecordingResponseSchema,
  type GetRecordingSettingsRequest,
  type GetRecordingSettingsResponseSchema,
  type ReadRecordingRequest,
  type ReadRecordingResponseSchema,
  RecordingService,
  type UpdateRecordingSettingsRequest,
  type UpdateRecordingSettingsResponseSchema,
} from '@dovecote/contract/dovecote/replay/v1/recording_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Chunks } from './chunks.service.js';
import { Recordings } from './recordings.service.js';
import { toAddedChunk, toPage, toSentChunk } from './replay.mapper.js';
import { RecordingRetention } from './retention.service.js';

@Controller()
export class RecordingRpc {
  constructor(
    private readonly chunks: Chunks,
    private readonly recordings: Recordings,
    private readonly retention: RecordingRetention,
  ) {}

  @Rpc(RecordingService.method.addChunk)
  async addChunk(
    request: AddChunkRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof AddChunkResponseSchema>> {
    return toAddedChunk(await this.chunks.add(scope, toSentChunk(request)));
  }

  @Rpc(RecordingService.method.readRecording)
  async readRecording(
    { recordingId, pageToken }: ReadRecordingRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ReadRecordingResponseSchema>> {
    return toPage(await this.recordings.readPage(scope, recordingId, pageToken));
  }

  @Rpc(RecordingService.method.deleteRecording)
  async deleteRecording(
    { recordingId }: DeleteRecordingRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteRecordingResponseSchema>> {
    await this.recordings.delete(scope, recordingId);
    return {};
  }

  @Rpc(RecordingService.method.getRecordingSettings)
  async getRecordingSettings(
    _request: GetRecordingSettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetRecordingSettingsResponseSchema>> {
    return { settings: { retentionDays: await this.retention.days(scope) } };
  }

  @Rpc(RecordingService.method.updateRecordingSettings)
  async updateRecordingSettings(
    { retentionDays }: UpdateRecordingSettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateRecordingSettingsResponseSchema>> {
    await this.retention.setDays(scope, retentionDays);
    return { settings: { retentionDays } };
  }
}
