import { Injectable } from '@nestjs/common';
import { readStatement, setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type AttemptResult, type PostBatch, webhookOutcome, type WebhookOutcome } from './webhook.js';
import type { PostState } from './webhook-post.rules.js';

/** A post whose turn has come. */
export interface DuePost {
  readonly id: string;
  readonly campaignId: string;
  readonly stepId: string;
  readonly round: number;
  readonly attempts: number;
  /** As JSON. */
  readonly payload: string;
}

/** How far a post has come: it has ended, or has another attempt at `nextAttemptAt`. */
export interface PostProgress {
  readonly id: string;
  readonly outcome: WebhookOutcome | null;
  readonly nextAttemptAt: Date | null;
}

/** An attempt at a post that has ended. */
export interface EndedAttempt extends AttemptResult {
  readonly id: string;
  readonly number: number;
}

/** The round of a step that made posts. */
export type PostRound = Pick<DuePost, 'campaignId' | 'stepId' | 'round'>;

const place = `campaign_id as "campaignId", step_id as "stepId", round`;
const open = 'org_id = $1 and user_id is not null and outcome is null';
// Statements that lock several posts lock them in the order of their ids.
const locked = (which: string): string =>
  `locked as materialized (select id from webhook_call where ${which} order by id for update)`;
const ofLocked = 'where webhook_call.org_id = $1 and webhook_call.id = locked.id';

// The content names member and campaign by id, and holds nothing of the message. The statuses are asked again: the caller holds the locks behind which recipients acknowledge.
const insert = setStatement(
  'webhook_post.insert',
  `insert into webhook_call (org_id, id, campaign_id, step_id, round, name, url, delivery_id, user_id,
                             void_once_acknowledged, payload, next_attempt_at, created_at)
   select $1, given.id, $2, $3, $4, '', $5, given.delivery_id, given.user_id, $6,
          jsonb_build_object('user_id', given.user_id, 'campaign_id', $2::uuid, 'deeplink_url', given.deeplink_url,
                             'occurred_at', $11::text), $12, $12
     from unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::text[]) as given (id, delivery_id, user_id, deeplink_url)
     join delivery d on d.org_id = $1 and d.id = given.delivery_id and d.campaign_id = $2 and d.content_id is not null
      and d.status = any($13)
   on conflict on constraint webhook_call_once_key do nothing`,
);
// Due by the clock of the database, as the queue of the jobs decides. Another worker's posts are passed over.
const findDue = statement(
  'webhook_post.find_due',
  `select id, ${place}, attempts, payload::text from webhook_call
    where ${open} and not held
      and next_attempt_at <= date_trunc('milliseconds', clock_timestamp() + make_interval(secs => $2))
    order by next_attempt_at, id limit $3 for update skip locked`,
);
const states = setStatement(
  'webhook_post.states',
  `select c.id, d.status as "messageStatus", m.status as "memberStatus",
          coalesce(m.processing_restricted, false) as "isRestricted", k.include_restricted as "includeRestricted",
          c.void_once_acknowledged as "voidOnceAcknowledged"
     from webhook_call c
     join campaign k on k.org_id = c.org_id and k.id = c.campaign_id
     left join delivery d on d.org_id = c.org_id and d.id = c.delivery_id and d.content_id is not null
     left join member m on m.org_id = c.org_id and m.id = c.user_id
    where c.org_id = $1 and c.id = any($2)`,
);
const interrupt = statement(
  'webhook_post.interrupt',
  `update webhook_attempt set duration_ms = 0, error = 'interrupted: the server stopped before there was an answer'
    where org_id = $1 and call_id = any($2) and not redelivery and duration_ms is null`,
);
const begin = statement(
  'webhook_post.begin',
  `with taken as (
     update webhook_call set attempts = attempts + 1, url = $3, next_attempt_at = $4
      where org_id = $1 and id = any($2) returning id, attempts
   )
   insert into webhook_attempt (org_id, call_id, number, redelivery, started_at)
   select $1, id, attempts, false, $5 from taken`,
);
const refuse = statement(
  'webhook_post.refuse',
  `with refused as (
     update webhook_call set attempts = attempts + 1, outcome = ${webhookOutcome.cancelled}, ended_at = $4,
                             next_attempt_at = null
       from unnest($2::uuid[], $3::text[]) as given (id, error)
      where webhook_call.org_id = $1 and webhook_call.id = given.id
     returning webhook_call.id, webhook_call.attempts, given.error
   )
   insert into webhook_attempt (org_id, call_id, number, redelivery, duration_ms, error)
   select $1, id, attempts, false, 0, error from refused`,
);
const lock = statement(
  'webhook_post.lock',
  'select from webhook_call where org_id = $1 and id = any($2) order by id for update',
);
// A worker that was taken for dead and comes back finds its attempts ended.
const finish = statement(
  'webhook_post.finish',
  `update webhook_attempt a set duration_ms = given.duration_ms, status = given.status, error = given.error,
                                answer = given.answer
     from unnest($2::uuid[], $3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[])
       as given (id, number, duration_ms, status, error, answer)
    where a.org_id = $1 and a.call_id = given.id and a.number = given.number and a.duration_ms is null
   returning a.call_id as id`,
);
const proceed = statement(
  'webhook_post.proceed',
  `update webhook_call c set outcome = given.outcome, next_attempt_at = given.next_attempt_at,
                             ended_at = case when given.outcome is not null then $5::timestamptz end
     from unnest($2::uuid[], $3::smallint[], $4::timestamptz[]) as given (id, outcome, next_attempt_at)
    where c.org_id = $1 and c.id = given.id and c.outcome is null`,
);
const nextDue = readStatement(
  'webhook_post.next_due',
  `select min(next_attempt_at) as at from webhook_call where ${open} and not held`,
);
const cancel = setStatement(
  'webhook_post.cancel',
  `with ${locked(`${open} and campaign_id = $2`)}, ended as (
     update webhook_call set outcome = ${webhookOutcome.cancelled}, ended_at = $3, next_attempt_at = null
       from locked ${ofLocked} returning webhook_call.campaign_id, step_id, round
   )
   select distinct ${place} from ended`,
);
const hold = setStatement(
  'webhook_post.hold',
  `with ${locked(`${open} and campaign_id = $2`)} update webhook_call set held = true from locked ${ofLocked}`,
);
const release = setStatement(
  'webhook_post.release',
  `with ${locked(`org_id = $1 and campaign_id = $2 and user_id is not null and held`)}
   update webhook_call set held = false from locked ${ofLocked}`,
);
const forget = setStatement(
  'webhook_post.forget',
  `with forgotten as (
     update webhook_call set payload = null
      where org_id = $1 and campaign_id = $2 and step_id = $3 and round = $4 and user_id is not null
        and outcome is not null returning id
   )
   update webhook_attempt set answer = '' from forgotten
    where webhook_attempt.org_id = $1 and webhook_attempt.call_id = forgotten.id and answer <> ''`,
);

/** Posts are rows of webhook_call with a member. They are written, taken and ended many at a time. */
@Injectable()
export class WebhookPostStore {
  /** Returns how many are new. */
  async insert(scope: Scope, url: string, ids: readonly string[], batch: PostBatch): Promise<number> {
    const { campaignId, stepId, round, addressees, messageStatuses, voidOnceAcknowledged } = batch;
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(insert, [
      ...[scope.orgId, campaignId, stepId, round, url, voidOnceAcknowledged, ids],
      addressees.map(({ deliveryId }) => deliveryId),
      addressees.map(({ userId }) => userId),
      addressees.map(({ deeplinkUrl }) => deeplinkUrl),
      ...[scope.now().toISOString(), scope.now(), messageStatuses],
    ]);
    return rowCount ?? 0;
  }

  /** The posts that are due, locked until the transaction ends: at most so many, the longest due first. */
  async findDueForUpdate(scope: Scope, most: number): Promise<DuePost[]> {
    const tx = await scope.tx();
    return tx.query<DuePost>(findDue, [scope.orgId, scope.travelledSeconds, most]);
  }

  async states(scope: Scope, ids: readonly string[]): Promise<(PostState & { id: string })[]> {
    const tx = await scope.tx();
    return tx.query<PostState & { id: string }>(states, [scope.orgId, ids]);
  }

  /** Ends what a worker has begun and not ended: whether its requests arrived is unknown. */
  async interrupt(scope: Scope, ids: readonly string[]): Promise<void> {
    await (await scope.tx()).execute(interrupt, [scope.orgId, ids]);
  }

  /** Begins an attempt at each; no other begins before `until`. */
  async begin(scope: Scope, ids: readonly string[], url: string, until: Date): Promise<void> {
    await (await scope.tx()).execute(begin, [scope.orgId, ids, url, until, scope.now()]);
  }

  /** Ends posts without a request; an attempt of each says why. */
  async refuse(scope: Scope, refused: readonly { id: string; error: string }[]): Promise<void> {
    const tx = await scope.tx();
    const values = [refused.map(({ id }) => id), refused.map(({ error }) => error)];
    await tx.execute(refuse, [scope.orgId, ...values, scope.now()]);
  }

  /** Returns the ids of those that had not ended. */
  async finish(scope: Scope, ended: readonly EndedAttempt[]): Promise<Set<string>> {
    const tx = await scope.tx();
    const ids = ended.map(({ id }) => id);
    await tx.execute(lock, [scope.orgId, ids]);
    const finished = await tx.query<{ id: string }>(finish, [
      ...[scope.orgId, ids],
      ended.map(({ number }) => number),
      ended.map(({ durationMs }) => durationMs),
      ended.map(({ status }) => status),
      ended.map(({ error }) => error),
      ended.map(({ answer }) => answer),
    ]);
    return new Set(finished.map(({ id }) => id));
  }

  /** Changes nothing of a post that has ended. */
  async proceed(scope: Scope, progress: readonly PostProgress[]): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(proceed, [
      ...[scope.orgId, progress.map(({ id }) => id)],
      progress.map(({ outcome }) => outcome),
      progress.map(({ nextAttemptAt }) => nextAttemptAt),
      scope.now(),
    ]);
  }

  /** When the next post is due; null when none waits. */
  async nextDue(scope: Scope): Promise<Date | null> {
    return (await (await scope.tx()).queryOne<{ at: Date | null }>(nextDue, [scope.orgId]))?.at ?? null;
  }

  /** Ends those of a campaign that have not ended; returns the rounds that made them. */
  async cancel(scope: Scope, campaignId: string): Promise<PostRound[]> {
    const tx = await scope.tx();
    return tx.query<PostRound>(cancel, [scope.orgId, campaignId, scope.now()]);
  }

  async hold(scope: Scope, campaignId: string): Promise<void> {
    await (await scope.tx()).execute(hold, [scope.orgId, campaignId]);
  }

  async release(scope: Scope, campaignId: string): Promise<void> {
    await (await scope.tx()).execute(release, [scope.orgId, campaignId]);
  }

  /** Deletes the content of the posts of a round that have ended. */
  async forget(scope: Scope, { campaignId, stepId, round }: PostRound): Promise<void> {
    await (await scope.tx()).execute(forget, [scope.orgId, campaignId, stepId, round]);
  }
}
