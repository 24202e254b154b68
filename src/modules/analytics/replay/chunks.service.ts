import { Inject, Injectable } from '@nestjs/common';
import { type ActivityTotals, activityOf, addActivity, maskEvents, NO_ACTIVITY } from '@dovecote/replay';
import { PinoLogger } from 'nestjs-pino';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AppError, notFound } from '../../../platform/errors/index.js';
import { holdErasures } from '../../../platform/personal-data/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import { VolumeLimits } from '../../../platform/throttle/volume-limits.js';
import { Deliveries } from '../../messaging/delivery/index.js';
import { Collection } from '../heatmap/index.js';
import { readEvents, unpacked } from './chunk-content.js';
import {
  refuseFullStorage,
  refuseOtherCampaign,
  refuseOtherContent,
  refuseOverLimit,
  spanOf,
} from './chunk.rules.js';
import { ChunkStore } from './chunk.store.js';
import { hashOf, type ObjectPlace, RecordingContent } from './recording-content.js';
import type { OpenRecording, Progress, StoredChunk } from './recording.js';
import { DEFAULT_RETENTION_DAYS, joined, spanOfTimes } from './recording.rules.js';

/** A chunk as a client sends it. */
export interface SentChunk {
  readonly sessionId: string;
  readonly sequence: number;
  /** JSON, or gzip of it. */
  readonly events: Uint8Array;
  /** Null: on no campaign. */
  readonly campaignId: string | null;
  readonly screen: string;
}

export interface AddedChunk {
  readonly events: number;
  readonly leftOut: number;
  readonly gaps: readonly number[];
  /** Nothing of the session is stored any more. */
  readonly isOver: boolean;
}

/** A chunk that may be added to its recording. */
interface AdmittedChunk {
  readonly sent: SentChunk;
  readonly json: Uint8Array;
  readonly contentHash: Buffer;
  readonly recording: OpenRecording;
  /** The key of the recording. */
  readonly key: Buffer;
}

/** A chunk whose content is in the object store, and which no row names yet. */
interface PutChunk {
  readonly sent: SentChunk;
  readonly place: ObjectPlace;
  readonly chunk: StoredChunk;
  /** Size of the object; 0 without events, and without an object. */
  readonly octets: number;
  /** What masking has learned. */
  readonly nodes: Buffer;
  readonly activity: ActivityTotals;
}

/** The answer, or why there is none; not stored: its object is to be removed. */
interface Outcome {
  readonly isStored: boolean;
  readonly answer: AddedChunk | AppError;
}

const nothing: AddedChunk = { events: 0, leftOut: 0, gaps: [], isOver: true };
const RETRY_SECONDS = 5;

const chunksPerMinute = {
  name: 'recorded-chunks',
  limit: { perSecond: 120 / 60, burst: 120 },
  sentence: 'A member may send 120 chunks of recordings in a minute.',
  subject: 'person',
};
const kibibytesPerMinute = {
  name: 'recorded-kibibytes',
  limit: { perSecond: (12 * 1024) / 60, burst: 12 * 1024 },
  sentence: 'A member may send 12 MiB of recordings in a minute.',
  subject: 'person',
};
const sessionsPerDay: DailyLimit = {
  kind: 'recording',
  most: 200,
  sentence: 'A member may record 200 sessions in 24 hours.',
  subject: 'person',
};

/** Takes the chunks of what a member's clients show. */
@Injectable()
export class Chunks {
  constructor(
    private readonly store: ChunkStore,
    private readonly content: RecordingContent,
    private readonly collection: Collection,
    private readonly deliveries: Deliveries,
    private readonly daily: DailyLimits,
    private readonly volumes: VolumeLimits,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
    private readonly log: PinoLogger,
  ) {
    log.setContext('replay');
  }

  /**
   * Stores nothing of an organization without behavioural analytics, or of a member whose processing is restricted.
   * @throws AppError INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, RESOURCE_EXHAUSTED or UNAVAILABLE.
   */
  async add(scope: Scope, sent: SentChunk): Promise<AddedChunk> {
    await this.volumes.take(chunksPerMinute, memberOf(scope), 1);
    const json = await unpacked(sent.events);
    await this.volumes.take(kibibytesPerMinute, memberOf(scope), Math.ceil(json.length / 1024));
    const admitted = await this.inOwn(scope, (own) => this.admit(own, sent, json));
    if ('isOver' in admitted) return admitted;
    // No transaction waits for the object store.
    const put = await this.put(scope, admitted);
    const { isStored, answer } = await this.inOwn(scope, (own) => this.complete(own, put));
    if (!isStored) await this.removeObject(put);
    if (answer instanceof AppError) throw answer;
    return answer;
  }

  /** Finds the recording of the session, or makes it; the answer where there is nothing to store. */
  private async admit(scope: Scope, sent: SentChunk, json: Uint8Array): Promise<AdmittedChunk | AddedChunk> {
    await holdErasures(scope);
    if (await this.collection.refusedBy(scope)) return nothing;
    const { campaignId, sequence } = sent;
    if (campaignId !== null && !(await this.deliveries.isRecipient(scope, campaignId, scope.userId)))
      throw notFound('campaign');
    const recording =
      (await this.store.findOfSession(scope, sent.sessionId)) ?? (await this.begin(scope, sent));
    const key = this.content.openKey(recording.sealedKey, scope.orgId, recording.id);
    const contentHash = hashOf(key, json);
    const stored = await this.store.findChunk(scope, recording.id, sequence);
    const refusal = stored
      ? refuseOtherContent(stored, contentHash)
      : (refuseOtherCampaign(recording, campaignId) ??
        refuseFullStorage(await this.store.use(scope), this.config.recordingBytes));
    if (refusal) throw refusal;
    if (stored) return this.answerTo(scope, recording, stored);
    return { sent, json, contentHash, recording, key };
  }

  private async begin(scope: Scope, { sessionId, campaignId }: SentChunk): Promise<OpenRecording> {
    await this.daily.take(scope, sessionsPerDay, memberOf(scope));
    const id = uuid();
    const sealedKey = this.content.newSealedKey(scope.orgId, id);
    await this.store.insert(scope, { id, sessionId, campaignId, sealedKey }, DEFAULT_RETENTION_DAYS);
    // That of another call at this moment, if there is one.
    const recording = await this.store.findOfSession(scope, sessionId);
    if (!recording) throw new Error('The recording that was inserted does not exist.');
    return recording;
  }

  private async put(
    scope: Scope,
    { sent, json, contentHash, recording, key }: AdmittedChunk,
  ): Promise<PutChunk> {
    const { sequence, screen } = sent;
    const { events: read, leftOut } = readEvents(json, scope.now().getTime());
    // What the chunks before have told of the page; without it more is masked, until the next snapshot of the whole page.
    const known = sequence === recording.lastSequence + 1 ? recording.nodes : undefined;
    const masked = maskEvents(read, known);
    const events = masked.events.length;
    const text = JSON.stringify(masked.events);
    const span = spanOfTimes(masked.events.map(({ timestamp }) => timestamp));
    const chunk: StoredChunk = {
      sequence,
      objectId: uuid(),
      contentHash,
      screen,
      startedAt: span ? new Date(span.from) : null,
      endedAt: span ? new Date(span.to) : null,
      events,
      leftOut,
      bytes: events === 0 ? 0 : Buffer.byteLength(text),
    };
    const refusal = refuseOverLimit(recording, chunk);
    if (refusal) throw refusal;
    const place = { orgId: scope.orgId, recordingId: recording.id, sequence, objectId: chunk.objectId };
    const octets = events === 0 ? 0 : await this.putObject(key, place, text);
    const nodes = Buffer.from(masked.known);
    return { sent, place, chunk, octets, nodes, activity: activityOf(masked.events) };
  }

  private async putObject(key: Buffer, place: ObjectPlace, text: string): Promise<number> {
    try {
      return await this.content.put(key, place, text);
    } catch (error) {
      throw new AppError(
        'unavailable',
        'RECORDINGS_UNAVAILABLE',
        'Recordings cannot be stored now; send this chunk again later.',
        { retryAfterSeconds: RETRY_SECONDS },
        error,
      );
    }
  }

  /** Adds the chunk, unless what was true before its object was put has changed. */
  private async complete(scope: Scope, { sent, place, chunk, ...put }: PutChunk): Promise<Outcome> {
    await holdErasures(scope);
    if (await this.collection.refusedBy(scope)) return { isStored: false, answer: nothing };
    const recording = await this.store.findForUpdate(scope, place.recordingId);
    // It was deleted.
    if (!recording) return { isStored: false, answer: nothing };
    const stored = await this.store.findChunk(scope, recording.id, chunk.sequence);
    const refusal = stored
      ? refuseOtherContent(stored, chunk.contentHash)
      : (refuseOtherCampaign(recording, sent.campaignId) ?? refuseOverLimit(recording, chunk));
    if (refusal) return { isStored: false, answer: refusal };
    if (stored) return { isStored: false, answer: await this.answerTo(scope, recording, stored) };
    const progress: Progress = {
      campaignId: recording.campaignId ?? sent.campaignId,
      // A chunk that comes late says nothing of the page as it is by now.
      nodes: chunk.sequence > recording.lastSequence ? put.nodes : recording.nodes,
      lastSequence: Math.max(chunk.sequence, recording.lastSequence),
      bytes: recording.bytes + chunk.bytes,
      span: joined(spanOf(recording), spanOf(chunk)),
      activity: addActivity({ ...NO_ACTIVITY, ...recording.activity }, put.activity),
    };
    await this.store.add(scope, recording.id, { chunk, octets: put.octets, progress });
    const { lastSequence } = progress;
    const answer = await this.answerTo(
      scope,
      { ...recording, lastSequence, chunks: recording.chunks + 1 },
      chunk,
    );
    return { isStored: true, answer };
  }

  private async answerTo(
    scope: Scope,
    recording: OpenRecording,
    { events, leftOut }: StoredChunk,
  ): Promise<AddedChunk> {
    return { events, leftOut, gaps: await this.store.gaps(scope, recording.id, recording), isOver: false };
  }

  /** Should it stay, because the process ends here, it goes with the recording. */
  private async removeObject({ place, octets }: PutChunk): Promise<void> {
    if (octets === 0) return;
    try {
      await this.content.remove(place);
    } catch (error) {
      this.log.warn({ err: error, ...place }, 'object of a chunk that is not stored was not removed');
    }
  }

  private inOwn<T>(scope: Scope, work: (own: Scope) => Promise<T>): Promise<T> {
    return this.scopes.run(originOf(scope), work);
  }
}

function memberOf({ orgId, userId }: Scope): string {
  return `${orgId}/${userId}`;
}
