import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Chunk, OpenRecording, Progress, StoredChunk } from './recording.js';
import { MOST_GAPS, shardOf } from './recording.rules.js';

interface NewRecording {
  readonly id: string;
  readonly sessionId: string;
  readonly campaignId: string | null;
  readonly sealedKey: Buffer;
}

const columns = `id, campaign_id as "campaignId", sealed_key as "sealedKey", nodes_body as nodes,
  last_sequence as "lastSequence", chunks, bytes, started_at as "startedAt", ended_at as "endedAt", activity`;

const findOfSession = statement(
  'recording.find_of_session',
  `select ${columns} from recording where org_id = $1 and user_id = $2 and session_id = $3`,
);
const findForUpdate = statement(
  'recording.find_for_update',
  `select ${columns} from recording where org_id = $1 and id = $2 for no key update`,
);
const insert = statement(
  'recording.insert',
  `insert into recording (org_id, id, user_id, session_id, campaign_id, sealed_key, created_at)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (org_id, user_id, session_id) do nothing`,
);
const update = statement(
  'recording.update',
  `update recording
      set campaign_id = $3, nodes_body = $4, last_sequence = $5, bytes = $6, started_at = $7, ended_at = $8, activity = $9,
          chunks = chunks + 1, stored_bytes = stored_bytes + $10
    where org_id = $1 and id = $2`,
);
const findChunk = statement(
  'recording_chunk.find',
  `select sequence, object_id as "objectId", content_hash as "contentHash", screen, started_at as "startedAt",
          ended_at as "endedAt", events, left_out as "leftOut", bytes
     from recording_chunk where org_id = $1 and recording_id = $2 and sequence = $3`,
);
const insertChunk = statement(
  'recording_chunk.insert',
  `insert into recording_chunk
     (org_id, recording_id, sequence, object_id, content_hash, screen, started_at, ended_at, events, left_out, bytes)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
);
const chunks = statement(
  'recording_chunk.list',
  `select sequence, object_id as "objectId", screen, started_at as "startedAt", ended_at as "endedAt", events,
          left_out as "leftOut", bytes
     from recording_chunk where org_id = $1 and recording_id = $2 and sequence > $3 order by sequence`,
);
const gaps = statement(
  'recording_chunk.gaps',
  `select n as sequence from generate_series(0, $3) n
    where not exists (
      select from recording_chunk where org_id = $1 and recording_id = $2 and sequence = n)
    order by n limit ${MOST_GAPS}`,
);
const addUse = statement(
  'recording_use.add',
  `insert into recording_use as known (org_id, shard, bytes) values ($1, $2, $3)
   on conflict (org_id, shard) do update set bytes = known.bytes + excluded.bytes`,
);
const use = statement(
  'recording_use.sum',
  'select coalesce(sum(bytes), 0)::float8 as bytes from recording_use where org_id = $1',
);
const noteOrganization = statement(
  'recording_setting.note',
  `insert into recording_setting (org_id, retention_days) values ($1, $2) on conflict (org_id) do nothing`,
);
/** Recordings while chunks are added to them. */
@Injectable()
export class ChunkStore {
  /** The caller's recording of the session. */
  async findOfSession(scope: Scope, sessionId: string): Promise<OpenRecording | undefined> {
    const values = [scope.orgId, scope.userId, sessionId];
    return (await scope.tx()).queryOne<OpenRecording & Record<string, unknown>>(findOfSession, values);
  }

  async findForUpdate(scope: Scope, id: string): Promise<OpenRecording | undefined> {
    const values = [scope.orgId, id];
    return (await scope.tx()).queryOne<OpenRecording & Record<string, unknown>>(findForUpdate, values);
  }

  /** Changes nothing where the session has a recording already, also one that another call makes at this moment. */
  async insert(scope: Scope, recording: NewRecording, retentionDays: number): Promise<void> {
    const { id, sessionId, campaignId, sealedKey } = recording;
    const tx = await scope.tx();
    await tx.execute(noteOrganization, [scope.orgId, retentionDays]);
    const values = [scope.orgId, id, scope.userId, sessionId, campaignId, sealedKey, scope.now()];
    await tx.execute(insert, values);
  }

  async findChunk(scope: Scope, recordingId: string, sequence: number): Promise<StoredChunk | undefined> {
    const values = [scope.orgId, recordingId, sequence];
    return (await scope.tx()).queryOne<StoredChunk & Record<string, unknown>>(findChunk, values);
  }

  /** Adds a chunk to a recording that is locked; `octets` is what its object takes. */
  async add(
    scope: Scope,
    recordingId: string,
    { chunk, octets, progress }: { chunk: StoredChunk; octets: number; progress: Progress },
  ): Promise<void> {
    const tx = await scope.tx();
    const { sequence, objectId, contentHash, screen, startedAt, endedAt, events, leftOut, bytes } = chunk;
    const place = [scope.orgId, recordingId];
    const content = [sequence, objectId, contentHash, screen, startedAt, endedAt, events, leftOut, bytes];
    const { campaignId, nodes, lastSequence, span, activity } = progress;
    const [from, to] = span ? [new Date(span.from), new Date(span.to)] : [null, null];
    await Promise.all([
      tx.execute(insertChunk, [...place, ...content]),
      tx.execute(update, [
        ...place,
        campaignId,
        nodes,
        lastSequence,
        progress.bytes,
        from,
        to,
        JSON.stringify(activity),
        octets,
      ]),
      tx.execute(addUse, [scope.orgId, shardOf(recordingId), octets]),
    ]);
  }

  /** Those behind the number, in the order of their numbers. */
  async chunks(scope: Scope, recordingId: string, after: number): Promise<Chunk[]> {
    const values = [scope.orgId, recordingId, after];
    return (await scope.tx()).query<Chunk & Record<string, unknown>>(chunks, values);
  }

  /** The first numbers up to the last one that have not arrived. */
  async gaps(
    scope: Scope,
    recordingId: string,
    recording: { readonly chunks: number; readonly lastSequence: number },
  ): Promise<number[]> {
    if (recording.chunks > recording.lastSequence) return [];
    const values = [scope.orgId, recordingId, recording.lastSequence];
    const rows = await (await scope.tx()).query<{ sequence: number }>(gaps, values);
    return rows.map(({ sequence }) => sequence);
  }

  /** Bytes of all recordings of the organization. */
  async use(scope: Scope): Promise<number> {
    return (await (await scope.tx()).queryOne<{ bytes: number }>(use, [scope.orgId]))?.bytes ?? 0;
  }
}
