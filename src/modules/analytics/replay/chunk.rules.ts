import { alreadyExists, AppError, failedPrecondition } from '../../../platform/errors/index.js';
import type { Chunk, OpenRecording } from './recording.js';
import { chunkBytes, joined, passedBound, sessionLimits, type Span } from './recording.rules.js';

/** Space comes back when recordings expire. */
const STORAGE_RETRY_SECONDS = 3_600;

/** The session would be larger or longer than it may be with the chunk. */
export function refuseOverLimit(
  recording: Pick<OpenRecording, 'bytes' | 'startedAt' | 'endedAt'>,
  chunk: Pick<Chunk, 'bytes' | 'startedAt' | 'endedAt'>,
): AppError | undefined {
  if (chunk.bytes > chunkBytes.stored)
    return full(
      'CHUNK_TOO_LARGE',
      `A chunk may have ${chunkBytes.stored / 1024 / 1024} MiB as it is stored.`,
    );
  switch (passedBound(recording.bytes + chunk.bytes, joined(spanOf(recording), spanOf(chunk)))) {
    case 'bytes':
      return full(
        'RECORDING_FULL',
        `A session may have ${sessionLimits.bytes / 1024 / 1024} MiB; record on as another session.`,
      );
    case 'duration':
      return full(
        'RECORDING_TOO_LONG',
        `A session may last ${sessionLimits.durationMs / 3_600_000} hours; record on as another session.`,
      );
    default:
      return undefined;
  }
}

export function refuseFullStorage(used: number, most: number): AppError | undefined {
  if (used < most) return undefined;
  const description = 'The recordings of the organization fill its storage.';
  return new AppError(
    'resource_exhausted',
    'RECORDING_STORAGE_FULL',
    `${description} Space comes back as recordings expire.`,
    { retryAfterSeconds: STORAGE_RETRY_SECONDS, quota: { subject: 'organization', description } },
  );
}

export function refuseOtherCampaign(
  { campaignId }: Pick<OpenRecording, 'campaignId'>,
  given: string | null,
): AppError | undefined {
  if (given === null || campaignId === null || campaignId === given) return undefined;
  return failedPrecondition(
    'RECORDING_OF_OTHER_CAMPAIGN',
    'The session has another campaign; record this one as another session.',
  );
}

export function refuseOtherContent(
  { sequence, contentHash }: { readonly sequence: number; readonly contentHash: Buffer },
  hash: Buffer,
): AppError | undefined {
  if (contentHash.equals(hash)) return undefined;
  return alreadyExists('CHUNK_DIFFERS', `Chunk ${sequence} of the session has another content already.`);
}

/** From the first to the last event. */
export function spanOf({ startedAt, endedAt }: Pick<Chunk, 'startedAt' | 'endedAt'>): Span | undefined {
  return startedAt && endedAt ? { from: startedAt.getTime(), to: endedAt.getTime() } : undefined;
}

function full(reason: string, description: string): AppError {
  return new AppError('resource_exhausted', reason, description, {
    quota: { subject: 'session', description },
  });
}
