import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  AddChunkRequest,
  AddChunkResponseSchema,
  ReadRecordingResponseSchema,
} from '@dovecote/contract/dovecote/replay/v1/recording_pb';
import type {
  ListSessionRecordingsRequest,
  SessionRecordingSchema,
} from '@dovecote/contract/pidgr/v1/replay_pb';
import type { AddedChunk, SentChunk } from './chunks.service.js';
import { activityScore } from '@dovecote/replay';
import type { ListedRecording } from './recording.js';
import type { RecordingFilter } from './recording.store.js';
import type { RecordingPage } from './recordings.service.js';

export function toSentChunk(request: AddChunkRequest): SentChunk {
  const { sequence, events, screen } = request;
  const sessionId = request.sessionId.toLowerCase();
  return { sessionId, sequence, events, campaignId: campaignOf(request), screen };
}

export function toAddedChunk(added: AddedChunk): MessageInitShape<typeof AddChunkResponseSchema> {
  return {
    storedEvents: added.events,
    leftOutEvents: added.leftOut,
    missingSequences: [...added.gaps],
    stop: added.isOver,
  };
}

export function toFilter(request: ListSessionRecordingsRequest): RecordingFilter {
  const { dateFrom, dateTo } = request;
  return { campaignId: campaignOf(request), from: toDate(dateFrom), to: toDate(dateTo) };
}

export function toRecording({
  id,
  startedAt,
  endedAt,
  activity,
}: ListedRecording): MessageInitShape<typeof SessionRecordingSchema> {
  const durationMs = endedAt.getTime() - startedAt.getTime();
  return {
    id,
    startTime: timestampFromDate(startedAt),
    endTime: timestampFromDate(endedAt),
    durationSeconds: Math.floor(durationMs / 1000),
    activityScore: activityScore(activity, durationMs),
  };
}

export function toPage({
  events,
  chunks,
  gaps,
  nextPageToken,
}: RecordingPage): MessageInitShape<typeof ReadRecordingResponseSchema> {
  return {
    snapshotData: events,
    chunks: chunks.map(({ sequence, screen, startedAt, endedAt, events: count }) => ({
      sequence,
      screen,
      startTime: startedAt ? timestampFromDate(startedAt) : undefined,
      endTime: endedAt ? timestampFromDate(endedAt) : undefined,
      events: count,
    })),
    missingSequences: [...gaps],
    nextPageToken,
  };
}

function campaignOf({ campaignId }: { readonly campaignId: string }): string | null {
  return campaignId === '' ? null : campaignId.toLowerCase();
}

function toDate(timestamp: Timestamp | undefined): Date | null {
  return timestamp ? timestampDate(timestamp) : null;
}
