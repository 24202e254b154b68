import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { z } from 'zod';
import { AppError, invalidArgument, notFound } from '../../../platform/errors/index.js';
import { FairQueue } from '../../../platform/fair-queue/fair-queue.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import { PlaceTokens } from '../../../platform/paging/place-tokens.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { PrivacySettings } from '../../people/organization/index.js';
import { ChunkStore } from './chunk.store.js';
import { RecordingContent } from './recording-content.js';
import type { Chunk, ListedRecording } from './recording.js';
import { firstPage } from './recording.rules.js';
import { type ReadableRecording, type RecordingFilter, RecordingStore } from './recording.store.js';
import { RecordingRemoval } from './recording-removal.js';

/** A part of what a recording shows. */
export interface RecordingPage {
  /** A JSON array. */
  readonly events: string;
  readonly chunks: readonly Chunk[];
  /** Gaps of the whole recording; on the first page only. */
  readonly gaps: readonly number[];
  readonly nextPageToken: string;
}

/** Whole recordings are in memory as long as they are read. */
const READ_AT_ONCE = 2;
const MOST_WAITING = 50;
const RETRY_SECONDS = 2;

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const place = z.tuple([z.number()]);

/** Recordings as they are listed and played back: without a word about whose session it was. */
@Injectable()
export class Recordings {
  private readonly readers = new FairQueue({ slots: READ_AT_ONCE });
  private readonly tokens: PlaceTokens;

  constructor(
    private readonly store: RecordingStore,
    private readonly chunks: ChunkStore,
    private readonly content: RecordingContent,
    private readonly removal: RecordingRemoval,
    private readonly settings: PrivacySettings,
    private readonly paging: Paging,
    private readonly scopes: Scopes,
    @Inject(ENVELOPE) envelope: Envelope,
  ) {
    this.tokens = new PlaceTokens(envelope);
  }

  /** Newest first; none of an organization without behavioural analytics, and none of members whose processing is restricted. */
  async list(scope: Scope, filter: RecordingFilter, request: PageRequest | undefined) {
    const { campaignId, from, to } = filter;
    if (from && to && from > to)
      throw invalidArgument([{ field: 'date_to', description: 'must not be before date_from' }]);
    const asked = JSON.stringify([campaignId, from, to]);
    const binding = ['session_recordings', scope.orgId, asked];
    const page = this.paging.parse(request, binding);
    const isOn = await this.settings.isEnabled(scope, 'behavioral_analytics');
    const [found, total] = isOn
      ? await Promise.all([this.store.list(scope, filter, page), this.store.count(scope, filter)])
      : [[], 0];
    const rows = found.map((recording) => ({ ...recording, createdAt: recording.startedAt }));
    return this.paging.pageOf<ListedRecording & { createdAt: Date }>(rows, page, total, binding);
  }

  /** All events, as a JSON array. Who asks stands in the trail. */
  async read(scope: Scope, id: string): Promise<string> {
    const { recording, chunks } = await this.open(scope, id, -1);
    if (this.readers.waiting() >= MOST_WAITING)
      throw new AppError('unavailable', 'RECORDINGS_BUSY', 'Many recordings are being read; try again.', {
        retryAfterSeconds: RETRY_SECONDS,
      });
    await this.readers.acquire(scope.orgId, scope.signal);
    try {
      return await this.eventsOf(scope, recording, chunks);
    } finally {
      this.readers.release(scope.orgId);
    }
  }

  /** The same in pages; who asks for the first one stands in the trail. */
  async readPage(scope: Scope, id: string, pageToken: string): Promise<RecordingPage> {
    // A token is for whom the first page was answered.
    const binding = ['session_recording', scope.orgId, id.toLowerCase(), scope.actorId];
    const [after] = pageToken === '' ? [-1] : (this.tokens.open(pageToken, binding, place) ?? refuseToken());
    const { recording, chunks, gaps } = await this.open(scope, id, after);
    const page = firstPage(chunks);
    const last = page.at(-1);
    const events = await this.eventsOf(scope, recording, page);
    const nextPageToken =
      last && page.length < chunks.length ? this.tokens.seal([last.sequence], binding) : '';
    return { events, chunks: page, gaps, nextPageToken };
  }

  async delete(scope: Scope, id: string): Promise<void> {
    const [removed] = uuidForm.test(id.toLowerCase())
      ? await this.removal.remove(scope, [id.toLowerCase()])
      : [];
    if (removed === undefined) throw notFound('recording');
    await scope.audit('SESSION_RECORDING_DELETED', { entityType: 'session_recording', entityId: removed });
  }

  /** The chunks behind a number. In a separate transaction: none waits for the object store. */
  private open(
    scope: Scope,
    id: string,
    after: number,
  ): Promise<{ recording: ReadableRecording; chunks: Chunk[]; gaps: number[] }> {
    return this.scopes.run(originOf(scope), async (own) => {
      const recording = await this.find(own, id.toLowerCase());
      if (!recording) throw notFound('recording');
      const chunks = await this.chunks.chunks(own, recording.id, after);
      if (after >= 0) return { recording, chunks, gaps: [] };
      const entry = { entityType: 'session_recording', entityId: recording.id };
      await own.audit('SESSION_RECORDING_VIEWED', entry);
      return { recording, chunks, gaps: await this.chunks.gaps(own, recording.id, recording) };
    });
  }

  private async find(scope: Scope, id: string): Promise<ReadableRecording | undefined> {
    if (!uuidForm.test(id)) return undefined;
    if (!(await this.settings.isEnabled(scope, 'behavioral_analytics'))) return undefined;
    return this.store.find(scope, id);
  }

  private async eventsOf(
    scope: Scope,
    { id, sealedKey }: ReadableRecording,
    chunks: readonly Chunk[],
  ): Promise<string> {
    const key = this.content.openKey(sealedKey, scope.orgId, id);
    const parts: string[] = [];
    for (const { sequence, objectId, events } of chunks) {
      scope.signal?.throwIfAborted();
      if (events === 0) continue;
      const text = await this.readObject(scope, key, { recordingId: id, sequence, objectId });
      // Without the brackets.
      parts.push(text.slice(1, -1));
    }
    return `[${parts.join(',')}]`;
  }

  private async readObject(
    scope: Scope,
    key: Buffer,
    object: { readonly recordingId: string; readonly sequence: number; readonly objectId: string },
  ): Promise<string> {
    try {
      return await this.content.read(key, { orgId: scope.orgId, ...object });
    } catch (error) {
      throw new AppError(
        'unavailable',
        'RECORDINGS_UNAVAILABLE',
        'The recording cannot be read now; try again.',
        { retryAfterSeconds: RETRY_SECONDS },
        error,
      );
    }
  }
}

function refuseToken(): never {
  throw invalidArgument([
    { field: 'page_token', description: 'is not a token that this recording has issued' },
  ]);
}
