import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Erasure, type ErasureScope, erasureStatus, type NamedSubject } from './erasure.js';

const { pending, processing, completed, failed } = erasureStatus;

const columns = `id, status, external_id as "externalId", profile_id as "profileId",
  events_identified::float8 as "eventsIdentified", requested_at as "requestedAt", completed_at as "completedAt", error`;
const scopeColumns = `id, project, profile_ids as "profileIds", distinct_ids as "distinctIds", returning_ids as "returningIds",
  requested_at as "requestedAt", events_identified is not null as "isCounted", attempts`;

const find = readStatement(
  'erasure_request.find',
  `select ${columns} from erasure_request where org_id = $1 and project = $2 and id = $3`,
);

const ofPerson = `org_id = $1 and project = $2 and status <> ${completed}
  and (profile_id = $3 or external_id = $3 or $3 = any (distinct_ids) or $3 = any (returning_ids))
  order by requested_at, id limit 1`;

const isOpen = readStatement('erasure_request.is_open', `select id from erasure_request where ${ofPerson}`);

const reopen = statement(
  'erasure_request.reopen',
  `update erasure_request set status = ${pending}, error = null, attempts = 0
    where org_id = $1 and id = (select id from erasure_request where ${ofPerson} for update) returning ${columns}`,
);

const insert = statement(
  'erasure_request.insert',
  `insert into erasure_request (org_id, project, id, external_id, profile_id, status, profile_ids, distinct_ids,
     returning_ids, requested_at)
   values ($1, $2, $3, $4, $5, ${pending}, $6, $7, $8, $9) returning ${columns}`,
);

const begin = statement(
  'erasure_request.begin',
  `update erasure_request set status = ${processing}, attempts = attempts + 1
    where org_id = $1 and id = $2 and status <> ${completed} returning ${scopeColumns}`,
);

const noteQueued = statement(
  'erasure_request.note_queued',
  `update erasure_request set queued_events = queued_events + $3 where org_id = $1 and id = $2`,
);

const noteStored = statement(
  'erasure_request.note_stored',
  `update erasure_request set events_identified = queued_events + $3
    where org_id = $1 and id = $2 and events_identified is null`,
);

const complete = statement(
  'erasure_request.complete',
  `update erasure_request set status = ${completed}, completed_at = $3, error = null
    where org_id = $1 and id = $2 and status = ${processing}`,
);

const noteError = statement(
  'erasure_request.note_error',
  `update erasure_request set error = $3, status = case when $4 then ${failed} else status end
    where org_id = $1 and id = $2 and status <> ${completed}`,
);

const scopeOfCompleted = readStatement(
  'erasure_request.scope',
  `select ${scopeColumns} from erasure_request where org_id = $1 and id = $2 and status = ${completed}`,
);

const forgetScope = statement(
  'erasure_request.forget_scope',
  `update erasure_request set distinct_ids = '{}', returning_ids = '{}'
    where org_id = $1 and id = $2 and status = ${completed}`,
);

// The id of a profile is a random number, and identifies no person without the profile.
const forgetNames = statement(
  'erasure_request.forget_names',
  `update erasure_request set external_id = null,
          profile_id = case when cardinality(profile_ids) > 0 then profile_id end
    where org_id = $1 and id = $2 and status = ${completed}`,
);

type Row<T> = T & Record<string, unknown>;

/** The ledger of erasures. */
@Injectable()
export class ErasureStore {
  /** In the scope's project. */
  async find(scope: Scope, id: string): Promise<Erasure | undefined> {
    return (await scope.tx()).queryOne<Row<Erasure>>(find, [scope.orgId, scope.project.number, id]);
  }

  /** Whether a request of the person is neither completed nor unknown. */
  async isOpen(scope: Scope, id: string): Promise<boolean> {
    const row = await (await scope.tx()).queryOne(isOpen, [scope.orgId, scope.project.number, id]);
    return row !== undefined;
  }

  /** Starts the open or failed request of the person again, if there is one. */
  async reopen(scope: Scope, id: string): Promise<Erasure | undefined> {
    return (await scope.tx()).queryOne<Row<Erasure>>(reopen, [scope.orgId, scope.project.number, id]);
  }

  async insert(scope: Scope, id: string, subject: NamedSubject): Promise<Erasure> {
    const { project, externalId, profileId, profileIds, distinctIds, returningIds } = subject;
    const values = [scope.orgId, project, id, externalId, profileId, profileIds, distinctIds, returningIds];
    const [erasure] = await (await scope.tx()).query<Row<Erasure>>(insert, [...values, scope.now()]);
    if (!erasure) throw new Error('The insert returned no row.');
    return erasure;
  }

  /** Undefined when it is completed, or gone with its project. */
  async begin(scope: Scope, id: string): Promise<ErasureScope | undefined> {
    return (await scope.tx()).queryOne<Row<ErasureScope>>(begin, [scope.orgId, id]);
  }

  async noteQueued(scope: Scope, id: string, events: number): Promise<void> {
    await (await scope.tx()).execute(noteQueued, [scope.orgId, id, events]);
  }

  /** Only the first time counts: later there are fewer. */
  async noteStored(scope: Scope, id: string, events: number): Promise<void> {
    await (await scope.tx()).execute(noteStored, [scope.orgId, id, events]);
  }

  /** Returns false when another run was faster. */
  async complete(scope: Scope, id: string): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(complete, [scope.orgId, id, scope.now()]);
    return rowCount === 1;
  }

  async noteError(scope: Scope, id: string, error: string, isGivenUp: boolean): Promise<void> {
    await (await scope.tx()).execute(noteError, [scope.orgId, id, error, isGivenUp]);
  }

  async scopeOfCompleted(scope: Scope, id: string): Promise<ErasureScope | undefined> {
    return (await scope.tx()).queryOne<Row<ErasureScope>>(scopeOfCompleted, [scope.orgId, id]);
  }

  async forgetScope(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(forgetScope, [scope.orgId, id]);
  }

  async forgetNames(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(forgetNames, [scope.orgId, id]);
  }
}
