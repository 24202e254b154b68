import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type CheckResult, type DataImport, type ImportOptions, importState } from './data-import.js';
import type { StoredChunk } from './imported-events.js';
import type { Piece } from './uploaded-file.js';

const { uploading, running, checking, checked } = importState;

const columns = `id, project, project_id as "projectId", name, state, file_bytes::float8 as "fileBytes", uploaded_bytes::float8 as "uploadedBytes", options,
          strict, lines_read::float8 as "linesRead", events_stored::float8 as "eventsStored",
          events_present::float8 as "eventsPresent", events_erased::float8 as "eventsErased",
          lines_refused::float8 as "linesRefused", profiles_known::float8 as "profilesKnown", error, attempts,
          created_at as "createdAt", started_at as "startedAt", ended_at as "endedAt"`;

const lock = statement(
  'data_import.lock',
  `select pg_advisory_xact_lock(hashtextextended('data_import/' || $1, 0))`,
);
const countOpen = statement(
  'data_import.count_open',
  `select count(*)::integer as open from data_import
    where org_id = $1 and project = $2 and state in (${uploading}, ${checking}, ${checked}, ${running})`,
);
const insert = statement(
  'data_import.insert',
  `insert into data_import (org_id, id, project, project_id, name, state, file_bytes, options, requested_by, created_at)
   values ($1, $2, $3, $9, $4, ${uploading}, $5, $6::jsonb, $7, $8)`,
);
const find = statement(
  'data_import.find',
  `select ${columns}, result from data_import where org_id = $1 and project = $2 and id = $3`,
);
const findForUpdate = statement(
  'data_import.find_for_update',
  `select ${columns}, result from data_import where org_id = $1 and project = $2 and id = $3 for update`,
);
const findAny = statement(
  'data_import.find_in_organization',
  `select ${columns}, result from data_import where org_id = $1 and id = $2 for update`,
);
const list = statement(
  'data_import.list',
  `select ${columns}, null as result from data_import
    where org_id = $1 and project = $2 and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
    order by created_at desc, id desc limit $5`,
);
const addPiece = statement(
  'data_import_piece.insert',
  `insert into data_import_piece (org_id, import_id, piece_offset, bytes, digest) values ($1, $2, $3, $4, $5)`,
);
const setUploaded = statement(
  'data_import.set_uploaded',
  `update data_import set uploaded_bytes = $3 where org_id = $1 and id = $2`,
);
const pieces = statement(
  'data_import_piece.list',
  `select piece_offset::float8 as offset, bytes, digest from data_import_piece
    where org_id = $1 and import_id = $2 order by piece_offset`,
);
const setState = statement(
  'data_import.set_state',
  `update data_import set state = $3, error = $4, ended_at = $5 where org_id = $1 and id = $2`,
);
const beginCheck = statement(
  'data_import.begin_check',
  `update data_import set state = ${checking}, options = $3::jsonb, result = null, lines_read = 0, attempts = 0, error = ''
    where org_id = $1 and id = $2`,
);
const begin = statement(
  'data_import.begin',
  `update data_import set state = ${running}, strict = $3, lines_read = 0, attempts = 0, started_at = $4
    where org_id = $1 and id = $2`,
);
const attempt = statement(
  'data_import.attempt',
  `update data_import set attempts = attempts + 1 where org_id = $1 and id = $2`,
);
const setLines = statement(
  'data_import.set_lines',
  `update data_import set lines_read = $3 where org_id = $1 and id = $2 and state = ${checking}`,
);
const endCheck = statement(
  'data_import.end_check',
  `update data_import set state = ${checked}, result = $3::jsonb, lines_read = $4
    where org_id = $1 and id = $2 and state = ${checking}`,
);
const advance = statement(
  'data_import.advance',
  `update data_import set lines_read = $3, events_stored = events_stored + $4, events_present = events_present + $5, events_erased = events_erased + $8,
          lines_refused = lines_refused + $6, profiles_known = profiles_known + $7, attempts = 0
    where org_id = $1 and id = $2`,
);
const forgetCounts = statement(
  'data_import.forget_counts',
  `update data_import set events_stored = 0 where org_id = $1 and id = $2`,
);
const ofProject = statement(
  'data_import.of_project',
  `select id from data_import where org_id = $1 and project = $2`,
);

/** What a chunk of lines came to. */
export interface ChunkOutcome extends StoredChunk {
  /** The last line that is dealt with. */
  readonly line: number;
  readonly refusedLines: number;
  readonly profiles: number;
}

@Injectable()
export class DataImportStore {
  /** Until the transaction ends, no other begins an import into the project. */
  async lock(scope: Scope, project: number): Promise<void> {
    await (await scope.tx()).execute(lock, [project]);
  }

  async countOpen(scope: Scope): Promise<number> {
    const values = [scope.orgId, scope.project.number];
    return (await (await scope.tx()).queryOne<{ open: number }>(countOpen, values))?.open ?? 0;
  }

  async insert(
    scope: Scope,
    { id, name, fileBytes, options }: Pick<DataImport, 'id' | 'name' | 'fileBytes' | 'options'>,
  ): Promise<void> {
    const { orgId, project, actorId } = scope;
    const values = [
      orgId,
      id,
      project.number,
      name,
      fileBytes,
      JSON.stringify(options),
      actorId || null,
      scope.now(),
      project.id,
    ];
    await (await scope.tx()).execute(insert, values);
  }

  /** In the scope's project. */
  async find(scope: Scope, id: string): Promise<DataImport | undefined> {
    return (await scope.tx()).queryOne<DataImport>(find, [scope.orgId, scope.project.number, id]);
  }

  /** In the scope's project; locked until the transaction ends. */
  async findForUpdate(scope: Scope, id: string): Promise<DataImport | undefined> {
    return (await scope.tx()).queryOne<DataImport>(findForUpdate, [scope.orgId, scope.project.number, id]);
  }

  /** For a job, which knows the organization only; locked until the transaction ends. */
  async findAny(scope: Scope, id: string): Promise<DataImport | undefined> {
    return (await scope.tx()).queryOne<DataImport>(findAny, [scope.orgId, id]);
  }

  /** In the scope's project, newest first; one more than the page holds. */
  async list(scope: Scope, { limit, after }: Page): Promise<DataImport[]> {
    const values = [
      scope.orgId,
      scope.project.number,
      after?.createdAt ?? null,
      after?.id ?? null,
      limit + 1,
    ];
    return (await scope.tx()).query<DataImport>(list, values);
  }

  async addPiece(scope: Scope, id: string, { offset, bytes, digest }: Piece): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(addPiece, [scope.orgId, id, offset, bytes, digest]);
    await tx.execute(setUploaded, [scope.orgId, id, offset + bytes]);
  }

  async pieces(scope: Scope, id: string): Promise<Piece[]> {
    return (await scope.tx()).query<Piece>(pieces, [scope.orgId, id]);
  }

  async setState(scope: Scope, id: string, state: number, { error = '', ended = true } = {}): Promise<void> {
    const values = [scope.orgId, id, state, error, ended ? scope.now() : null];
    await (await scope.tx()).execute(setState, values);
  }

  async beginCheck(scope: Scope, id: string, options: ImportOptions): Promise<void> {
    await (await scope.tx()).execute(beginCheck, [scope.orgId, id, JSON.stringify(options)]);
  }

  async begin(scope: Scope, id: string, strict: boolean): Promise<void> {
    await (await scope.tx()).execute(begin, [scope.orgId, id, strict, scope.now()]);
  }

  async attempt(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(attempt, [scope.orgId, id]);
  }

  /** False when the check is not wanted any more. */
  async setLines(scope: Scope, id: string, lines: number): Promise<boolean> {
    return (await (await scope.tx()).execute(setLines, [scope.orgId, id, lines])).rowCount === 1;
  }

  /** False when the check is not wanted any more. */
  async endCheck(scope: Scope, id: string, result: CheckResult): Promise<boolean> {
    const values = [scope.orgId, id, JSON.stringify(result).replaceAll('\\u0000', '\\ufffd'), result.lines];
    return (await (await scope.tx()).execute(endCheck, values)).rowCount === 1;
  }

  async advance(scope: Scope, id: string, outcome: ChunkOutcome): Promise<void> {
    const { line, stored, present, refused, erased, refusedLines, profiles } = outcome;
    const values = [scope.orgId, id, line, stored, present, refused + refusedLines, profiles, erased];
    await (await scope.tx()).execute(advance, values);
  }

  async forgetCounts(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(forgetCounts, [scope.orgId, id]);
  }

  async ofProject(scope: Scope, project: number): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(ofProject, [scope.orgId, project]);
    return rows.map(({ id }) => id);
  }
}
