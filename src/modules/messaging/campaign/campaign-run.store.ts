import { Injectable } from '@nestjs/common';
import type { RunState } from '@dovecote/workflow';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Span } from './progress.rules.js';

/**
 * The rules by which this release carries a run on. Raised by a release that would carry on what an older one has begun
 * in another way, or that older ones must leave alone. 2: a run may be paused.
 */
export const ENGINE_VERSION = 2;

/** Where a campaign stands, and how far the piece of work at hand has come. */
export interface CampaignRun {
  stepId: string;
  enteredAt: Date;
  /** How often the step has begun again. */
  round: number;
  wakeAt: Date | null;
  /** While it is set, nothing of the campaign acts. */
  pausedAt: Date | null;
  /** By the clock of the database, which alone says what is due: it is what wakes us. */
  now: Date;
  /** The rules by which the run was started: see ENGINE_VERSION. */
  engineVersion: number;
  /** What the current step is done with, in the order of the audience. */
  done: Span[];
  /** Copies that the step has written, all rounds together. */
  copies: number;
  /** Consecutive failures of the current piece of work. */
  failures: number;
}

const done = `(select coalesce(json_agg(json_build_array(lower(span), upper(span)) order by span), '[]')
                 from unnest(done) span) as done`;
/** In milliseconds, as a Date holds it: what was computed from it is compared with it. */
const now = (travelled: string): string =>
  `date_trunc('milliseconds', clock_timestamp() + make_interval(secs => ${travelled})) as now`;
const tell = statement('campaign_run.now', `select ${now('$1')}`);
const run = `
  select step_id as "stepId", entered_at as "enteredAt", round, wake_at as "wakeAt",
         paused_at as "pausedAt", engine_version as "engineVersion", copies, failures, ${done}, ${now('$3')}
    from campaign_run where org_id = $1 and campaign_id = $2`;
const find = statement('campaign_run.find', run);
const findForUpdate = statement('campaign_run.find_for_update', `${run} for update`);
const insert = statement(
  'campaign_run.insert',
  `insert into campaign_run (org_id, campaign_id, step_id, entered_at, round, wake_at, engine_version)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const enter = statement(
  'campaign_run.enter',
  `update campaign_run set step_id = $3, entered_at = $4, round = $5, wake_at = $6, done = '{}', enough = null,
          copies = case when step_id = $3 then copies else 0 end
    where org_id = $1 and campaign_id = $2`,
);
const addDone = statement(
  'campaign_run.add_done',
  `update campaign_run set done = done + int4multirange(int4range($5, $6)), copies = copies + $9
    where org_id = $1 and campaign_id = $2 and step_id = $3 and entered_at = $4 and round = $7
      and not done && int4range($5, $6) and paused_at is null
   returning ${done}, ${now('$8')}`,
);
const wakeUp = statement(
  'campaign_run.wake_up',
  'update campaign_run set wake_at = $3 where org_id = $1 and campaign_id = $2',
);
const remove = statement(
  'campaign_run.delete',
  'delete from campaign_run where org_id = $1 and campaign_id = $2',
);
@Injectable()
export class CampaignRunStore {
  async find(scope: Scope, campaignId: string): Promise<CampaignRun | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<CampaignRun>(find, [scope.orgId, campaignId, scope.travelledSeconds]);
  }

  /** Locked until the transaction ends: a step is left once. */
  async findForUpdate(scope: Scope, campaignId: string): Promise<CampaignRun | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<CampaignRun>(findForUpdate, [scope.orgId, campaignId, scope.travelledSeconds]);
  }

  /** The time of the database, as far as tests have moved it. */
  async now(scope: Scope): Promise<Date> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ now: Date }>(tell, [scope.travelledSeconds]);
    if (!row) throw new Error('The database told no time.');
    return row.now;
  }

  async insert(scope: Scope, campaignId: string, state: RunState): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insert, [...placeOf(scope, campaignId, state), ENGINE_VERSION]);
  }

  async enter(scope: Scope, campaignId: string, state: RunState): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(enter, placeOf(scope, campaignId, state));
  }

  /** Ends the wait at another time. */
  async wakeUp(scope: Scope, campaignId: string, at: Date): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(wakeUp, [scope.orgId, campaignId, at]);
  }

  /**
   * Notes that the step is done with a span, for which it wrote so many copies. Returns all that it is done with, and the
   * time; undefined when the campaign no longer stands there or is paused, or another worker has done some of it. The row stays locked
   * until the transaction ends.
   */
  async addDone(
    scope: Scope,
    campaignId: string,
    { stepId, enteredAt, round }: Pick<CampaignRun, 'stepId' | 'enteredAt' | 'round'>,
    [from, to]: Span,
    copies: number,
  ): Promise<Pick<CampaignRun, 'done' | 'now'> | undefined> {
    const tx = await scope.tx();
    const values = [
      scope.orgId,
      campaignId,
      stepId,
      enteredAt,
      from,
      to,
      round,
      scope.travelledSeconds,
      copies,
    ];
    return tx.queryOne<Pick<CampaignRun, 'done' | 'now'>>(addDone, values);
  }

  async delete(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(remove, [scope.orgId, campaignId]);
  }
}

function placeOf(
  scope: Scope,
  campaignId: string,
  { stepId, enteredAt, round, wakeAt }: RunState,
): unknown[] {
  return [scope.orgId, campaignId, stepId, enteredAt, round, wakeAt ?? null];
}
