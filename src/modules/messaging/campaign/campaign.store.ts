import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { CampaignsOver } from '../../people/organization/index.js';
import type { WaitingCampaign } from '../delivery/index.js';
import { type Campaign, campaignStatus, type CampaignStatus, type CampaignView } from './campaign.js';
import { reachabilityVersion } from './audience.store.js';

const columns = `
  c.id, c.name, c.template_id as "templateId", c.template_version as "templateVersion", c.sender_name as "senderName",
  c.title, c.status, c.workflow, c.critical, c.include_restricted as "includeRestricted",
  c.wait_for_enrollment as "waitForEnrollment", c.default_locale as "defaultLocale", c.synthetic,
  c.pause_at_failed_percent as "pauseAtFailedPercent",
  c.audience_snapshot_ref as "audienceSnapshotRef", c.audience_size as "audienceSize",
  c.created_at as "createdAt", c.started_at as "startedAt", c.completed_at as "completedAt"`;

const view = `${columns},
  json_build_object('recipients', n.recipients, 'acknowledged', n.acknowledged, 'missed', n.missed) as counters,
  r.step_id as "stepId", r.entered_at as "enteredAt", r.wake_at as "wakeAt",
  ${reachabilityVersion} as "reachabilityVersion"
  from campaign c
  left join campaign_run r on r.org_id = c.org_id and r.campaign_id = c.id
  cross join lateral (
    select coalesce(sum(recipients), 0)::int as recipients, coalesce(sum(acknowledged), 0)::int as acknowledged,
           coalesce(sum(missed), 0)::int as missed
      from campaign_counter n where n.org_id = c.org_id and n.campaign_id = c.id) n`;

// An index holds no others.
const countOver = statement(
  'campaign.count_over',
  `select count(*) filter (where status = ${campaignStatus.completed})::int as completed,
          count(*) filter (where status = ${campaignStatus.cancelled})::int as cancelled
     from campaign
    where org_id = $1 and status in (${campaignStatus.completed}, ${campaignStatus.cancelled}) and not synthetic`,
);
const findView = statement('campaign.find_view', `select ${view} where c.org_id = $1 and c.id = $2`);
const findForUpdate = statement(
  'campaign.find_for_update',
  `select ${columns} from campaign c where c.org_id = $1 and c.id = $2 for no key update`,
);
const findAll = statement(
  'campaign.find_all',
  `select ${columns} from campaign c where c.org_id = $1 and c.id = any($2)`,
);
const authors = statement(
  'campaign.authors',
  `select created_by as "createdBy", edited_by as "editedBy" from campaign where org_id = $1 and id = $2`,
);
const noteEditor = statement(
  'campaign.note_editor',
  'update campaign set edited_by = $3 where org_id = $1 and id = $2',
);
const firstPage = statement(
  'campaign.first_page',
  `select ${view} where c.org_id = $1 order by c.created_at desc, c.id desc limit $2`,
);
const nextPage = statement(
  'campaign.next_page',
  `select ${view} where c.org_id = $1 and (c.created_at, c.id) < ($3, $4)
    order by c.created_at desc, c.id desc limit $2`,
);
const count = statement('campaign.count', 'select count(*)::int as count from campaign where org_id = $1');
const insert = statement(
  'campaign.insert',
  `insert into campaign
     (org_id, id, name, template_id, template_version, sender_name, title, status, workflow, critical,
      include_restricted, wait_for_enrollment, default_locale, audience_snapshot_ref, audience_size, created_by, created_at,
      pause_at_failed_percent)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
);
const update = statement(
  'campaign.update',
  `update campaign set name = $3, template_id = $4, template_version = $5, sender_name = $6, title = $7, workflow = $8,
          audience_snapshot_ref = $9, audience_size = $10
    where org_id = $1 and id = $2`,
);
const start = statement(
  'campaign.start',
  `update campaign set status = $3, started_at = $4 where org_id = $1 and id = $2`,
);
// A campaign ends once.
const end = statement(
  'campaign.end',
  `update campaign set status = $3, completed_at = $4
    where org_id = $1 and id = $2 and status in (${campaignStatus.created}, ${campaignStatus.running})`,
);
const pauseAt = statement(
  'campaign.pause_at',
  'update campaign set pause_at_failed_percent = $3 where org_id = $1 and id = $2',
);
const inStatus = statement(
  'campaign.in_status',
  'select id from campaign where org_id = $1 and status = $2 order by id',
);
const expectingAmong = statement(
  'campaign.expecting_among',
  `select campaign_id as id from campaign_run
    where org_id = $1 and campaign_id = any($2) and wake_at is not null and paused_at is null order by campaign_id`,
);
// A pause waits for the locks of the runs, so that nothing is pushed once it has begun; pieces of work do not.
const waitingAmong = statement(
  'campaign.waiting_among',
  `select c.id, c.include_restricted as "includeRestricted" from campaign c
     join campaign_run r on r.org_id = c.org_id and r.campaign_id = c.id
    where c.org_id = $1 and c.id = any($2) and c.status = ${campaignStatus.running} and c.wait_for_enrollment
      and r.paused_at is null
    order by c.id for key share of r`,
);

type ViewRow = Omit<CampaignView, 'progress'> & {
  stepId: string | null;
  enteredAt: Date;
  wakeAt: Date | null;
};

@Injectable()
export class CampaignStore {
  async countOver(scope: Scope): Promise<CampaignsOver> {
    const row = await (await scope.tx()).queryOne<CampaignsOver>(countOver, [scope.orgId]);
    return row ?? { completed: 0, cancelled: 0 };
  }

  async find(scope: Scope, id: string): Promise<CampaignView | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<ViewRow>(findView, [scope.orgId, id]);
    return row && toView(row);
  }

  async inStatus(scope: Scope, status: CampaignStatus): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(inStatus, [scope.orgId, status]);
    return rows.map(({ id }) => id);
  }

  /** Those that run, are not paused, and wait for recipients or for a time. */
  async expectingAmong(scope: Scope, ids: readonly string[]): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(expectingAmong, [scope.orgId, ids]);
    return rows.map(({ id }) => id);
  }

  /** Those that run, are not paused, and wait for enrollment. None can be paused until the transaction ends. */
  async waitingAmong(scope: Scope, ids: readonly string[]): Promise<WaitingCampaign[]> {
    return (await scope.tx()).query<WaitingCampaign>(waitingAmong, [scope.orgId, ids]);
  }

  /** Locked until the transaction ends: starting, cancelling and changing exclude each other. */
  async findForUpdate(scope: Scope, id: string): Promise<Campaign | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<Campaign>(findForUpdate, [scope.orgId, id]);
  }

  async findAll(scope: Scope, ids: readonly string[]): Promise<Campaign[]> {
    return (await scope.tx()).query<Campaign>(findAll, [scope.orgId, ids]);
  }

  /** The members and API keys that created the campaign, and changed its content last. */
  async authors(scope: Scope, id: string): Promise<string[]> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ createdBy: string; editedBy: string }>(authors, [scope.orgId, id]);
    return row ? [row.createdBy, row.editedBy].filter((author) => author !== '') : [];
  }

  async noteEditor(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(noteEditor, [scope.orgId, id, scope.actorId]);
  }

  /** One more than the page holds, to tell whether another one follows. */
  async list(scope: Scope, page: Page): Promise<CampaignView[]> {
    const tx = await scope.tx();
    const rows = page.after
      ? await tx.query<ViewRow>(nextPage, [scope.orgId, page.limit + 1, page.after.createdAt, page.after.id])
      : await tx.query<ViewRow>(firstPage, [scope.orgId, page.limit + 1]);
    return rows.map(toView);
  }

  async count(scope: Scope): Promise<number> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ count: number }>(count, [scope.orgId]))?.count ?? 0;
  }

  async insert(scope: Scope, campaign: Campaign): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insert, [
      scope.orgId,
      campaign.id,
      campaign.name,
      campaign.templateId,
      campaign.templateVersion,
      campaign.senderName,
      campaign.title,
      campaign.status,
      JSON.stringify(campaign.workflow),
      campaign.critical,
      campaign.includeRestricted,
      campaign.waitForEnrollment,
      campaign.defaultLocale,
      campaign.audienceSnapshotRef,
      campaign.audienceSize,
      scope.actorId,
      campaign.createdAt,
      campaign.pauseAtFailedPercent,
    ]);
  }

  async update(scope: Scope, campaign: Campaign): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(update, [
      scope.orgId,
      campaign.id,
      campaign.name,
      campaign.templateId,
      campaign.templateVersion,
      campaign.senderName,
      campaign.title,
      JSON.stringify(campaign.workflow),
      campaign.audienceSnapshotRef,
      campaign.audienceSize,
    ]);
  }

  async pauseAt(scope: Scope, id: string, failedPercent: number): Promise<void> {
    await (await scope.tx()).execute(pauseAt, [scope.orgId, id, failedPercent]);
  }

  async start(scope: Scope, id: string, status: CampaignStatus): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(start, [scope.orgId, id, status, scope.now()]);
  }

  async end(scope: Scope, id: string, status: CampaignStatus): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(end, [scope.orgId, id, status, scope.now()]);
  }
}

function toView({ stepId, enteredAt, wakeAt, ...row }: ViewRow): CampaignView {
  return { ...row, progress: stepId === null ? null : { stepId, enteredAt, wakeAt } };
}
