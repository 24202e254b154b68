import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetSessionSnapshotsRequest,
  type GetSessionSnapshotsResponseSchema,
  type ListSessionRecordingsRequest,
  type ListSessionRecordingsResponseSchema,
  ReplayService,
} from '@dovecote/contract/pidgr/v1/replay_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Recordings } from './recordings.service.js';
import { toFilter, toRecording } from './replay.mapper.js';

@Controller()
export class ReplayRpc {
  constructor(private readonly recordings: Recordings) {}

  @Rpc(ReplayService.method.listSessionRecordings)
  async listSessionRecordings(
    request: ListSessionRecordingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListSessionRecordingsResponseSchema>> {
    const { items, pagination } = await this.recordings.list(scope, toFilter(request), request.pagination);
    return { recordings: items.map(toRecording), pagination };
  }

  @Rpc(ReplayService.method.getSessionSnapshots)
  async getSessionSnapshots(
    { recordingId }: GetSessionSnapshotsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetSessionSnapshotsResponseSchema>> {
    return { snapshotData: await this.recordings.read(scope, recordingId) };
  }
}
