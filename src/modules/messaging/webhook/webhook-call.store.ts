import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  type NewWebhookCall,
  type WebhookCall,
  webhookOutcome,
  type WebhookOutcome,
  type WebhookStep,
} from './webhook.js';

/** What an attempt sends. */
interface CallContent {
  readonly url: string;
  /** Null once it is forgotten. */
  readonly sealedHeaders: Buffer | null;
  /** As JSON; null once it is forgotten. */
  readonly payload: string | null;
}

/** A call, locked, and what it sends. */
export type LockedCall = WebhookCall & CallContent;

const columns = `id, campaign_id as "campaignId", step_id as "stepId", name, url, outcome, created_at as "createdAt",
  ended_at as "endedAt", next_attempt_at as "nextAttemptAt", attempts, held as "isHeld", payload is null as "isForgotten",
  user_id as "userId", round`;

const insert = statement(
  'webhook_call.insert',
  `insert into webhook_call (org_id, id, campaign_id, step_id, name, url, sealed_headers, payload, next_attempt_at, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
);
const findOfStep = statement(
  'webhook_call.find_of_step',
  `select ${columns} from webhook_call
    where org_id = $1 and campaign_id = $2 and step_id = $3 and user_id is null`,
);
const find = readStatement(
  'webhook_call.find',
  `select ${columns} from webhook_call where org_id = $1 and id = $2`,
);
const findSome = statement(
  'webhook_call.find_some_for_update',
  `select ${columns} from webhook_call where org_id = $1 and id = any($2) order by id for update`,
);
const findForUpdate = statement(
  'webhook_call.find_for_update',
  `select ${columns}, sealed_headers as "sealedHeaders", payload::text
     from webhook_call where org_id = $1 and id = $2 for update`,
);
const pages = (name: string, conditions: string, first: number) => {
  const page = (behind: string): string =>
    `select ${columns} from webhook_call where org_id = $1${conditions}${behind}
      order by created_at desc, id desc limit $2`;
  return {
    first: readStatement(`webhook_call.first_page_${name}`, page('')),
    next: readStatement(
      `webhook_call.next_page_${name}`,
      page(` and (created_at, id) < ($${first}, $${first + 1})`),
    ),
  };
};
const ofCampaign = ' and campaign_id = $3';
const onlyFailed = ` and outcome = ${webhookOutcome.failed}`;
const listsOf = (name: string, which: string) => ({
  all: pages(`${name}_of_all`, which, 3),
  failed: pages(`${name}_of_failed`, which + onlyFailed, 3),
  ofCampaign: pages(`${name}_of_campaign`, which + ofCampaign, 4),
  failedOfCampaign: pages(`${name}_of_failed_of_campaign`, which + ofCampaign + onlyFailed, 4),
});
const lists = {
  calls: listsOf('calls', ' and user_id is null'),
  posts: listsOf('posts', ' and user_id is not null'),
};
const countAttempt = statement(
  'webhook_call.count_attempt',
  'update webhook_call set attempts = attempts + 1 where org_id = $1 and id = $2',
);
const postpone = statement(
  'webhook_call.postpone',
  'update webhook_call set next_attempt_at = $3 where org_id = $1 and id = $2',
);
const end = statement(
  'webhook_call.end',
  'update webhook_call set outcome = $3, ended_at = $4, next_attempt_at = null where org_id = $1 and id = $2',
);
const cancel = statement(
  'webhook_call.cancel',
  `update webhook_call set outcome = ${webhookOutcome.cancelled}, ended_at = $3, next_attempt_at = null
    where org_id = $1 and campaign_id = $2 and outcome is null and user_id is null returning id`,
);
const hold = statement(
  'webhook_call.hold',
  `update webhook_call set held = true
    where org_id = $1 and campaign_id = $2 and outcome is null and user_id is null`,
);
const release = statement(
  'webhook_call.release',
  `update webhook_call set held = false where org_id = $1 and campaign_id = $2 and held and user_id is null
   returning id, outcome is null as open, next_attempt_at as "nextAttemptAt",
             (select max(a.started_at) from webhook_attempt a
               where a.org_id = webhook_call.org_id and a.call_id = webhook_call.id
                 and not a.redelivery and a.duration_ms is null) as "sentAt"`,
);
const forget = statement(
  'webhook_call.forget',
  `update webhook_call set payload = null, sealed_headers = null where org_id = $1 and id = $2 and outcome is not null`,
);

export interface ReleasedCall {
  readonly id: string;
  readonly nextAttemptAt: Date | null;
  /** When the attempt began that has no end yet. */
  readonly sentAt: Date | null;
}

/** Which calls are listed. */
export interface CallFilter {
  readonly campaignId?: string;
  readonly failedOnly: boolean;
  /** Posts of the organization's webhook, instead of calls of CALL_WEBHOOK steps. */
  readonly posts: boolean;
}

@Injectable()
export class WebhookCallStore {
  async insert(
    scope: Scope,
    id: string,
    sealedHeaders: Buffer,
    { campaignId, stepId, name, url, payload }: NewWebhookCall,
  ): Promise<void> {
    const content = [name, url, sealedHeaders, JSON.stringify(payload)];
    const tx = await scope.tx();
    await tx.execute(insert, [scope.orgId, id, campaignId, stepId, ...content, scope.now()]);
  }

  async findOfStep(scope: Scope, { campaignId, stepId }: WebhookStep): Promise<WebhookCall | undefined> {
    return (await scope.tx()).queryOne<WebhookCall>(findOfStep, [scope.orgId, campaignId, stepId]);
  }

  async find(scope: Scope, id: string): Promise<WebhookCall | undefined> {
    return (await scope.tx()).queryOne<WebhookCall>(find, [scope.orgId, id]);
  }

  /** Locked until the transaction ends, in the order of their ids. */
  async findSomeForUpdate(scope: Scope, ids: readonly string[]): Promise<WebhookCall[]> {
    return (await scope.tx()).query<WebhookCall>(findSome, [scope.orgId, ids]);
  }

  /** Locked until the transaction ends. */
  async findForUpdate(scope: Scope, id: string): Promise<LockedCall | undefined> {
    return (await scope.tx()).queryOne<LockedCall>(findForUpdate, [scope.orgId, id]);
  }

  /** One more than the page holds. */
  async list(
    scope: Scope,
    { campaignId, failedOnly, posts }: CallFilter,
    page: Page,
  ): Promise<WebhookCall[]> {
    const found = lists[posts ? 'posts' : 'calls'];
    const { first, next } = campaignId
      ? found[failedOnly ? 'failedOfCampaign' : 'ofCampaign']
      : found[failedOnly ? 'failed' : 'all'];
    const values = [scope.orgId, page.limit + 1, ...(campaignId ? [campaignId] : [])];
    const tx = await scope.tx();
    return page.after
      ? tx.query<WebhookCall>(next, [...values, page.after.createdAt, page.after.id])
      : tx.query<WebhookCall>(first, values);
  }

  async countAttempt(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(countAttempt, [scope.orgId, id]);
  }

  async postpone(scope: Scope, id: string, until: Date): Promise<void> {
    await (await scope.tx()).execute(postpone, [scope.orgId, id, until]);
  }

  async end(scope: Scope, id: string, outcome: WebhookOutcome): Promise<void> {
    await (await scope.tx()).execute(end, [scope.orgId, id, outcome, scope.now()]);
  }

  /** Ends the calls of a campaign's steps that have not ended; returns their ids. */
  async cancel(scope: Scope, campaignId: string): Promise<string[]> {
    const tx = await scope.tx();
    return (await tx.query<{ id: string }>(cancel, [scope.orgId, campaignId, scope.now()])).map(
      ({ id }) => id,
    );
  }

  /** No attempt of the campaign's calls begins until they are released. */
  async hold(scope: Scope, campaignId: string): Promise<void> {
    await (await scope.tx()).execute(hold, [scope.orgId, campaignId]);
  }

  /** Returns those that have not ended: their attempts can begin. */
  async release(scope: Scope, campaignId: string): Promise<ReleasedCall[]> {
    const tx = await scope.tx();
    const released = await tx.query<ReleasedCall & { open: boolean }>(release, [scope.orgId, campaignId]);
    return released.filter(({ open }) => open);
  }

  async forget(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(forget, [scope.orgId, id]);
  }
}
