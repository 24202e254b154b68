import { expect } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { Client } from 'pg';
import { createTemplate } from '../support/campaigns.js';
import { type Cast, seedCast, type TestOrganization } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import type { TestServer } from '../support/test-server.js';
import { tell } from '../support/workflows.js';

/** Workers that die cost time, and so does a machine that does much else. */
const COMPLETION_MS = 120_000;

/** Members who never sign in; returns their ids. */
export async function addEmployees(
  server: Pick<TestServer, 'database'>,
  { id, roles }: Pick<TestOrganization, 'id' | 'roles'>,
  count: number,
): Promise<string[]> {
  const rows = await server.database.query<{ id: string }>(
    `with person as (
       insert into identity (id, email)
       select gen_random_uuid(), 'recipient-' || gen_random_uuid() || '@acme.example' from generate_series(1, $3::int) n
       returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, 'Recipient', 2, $2 from person returning id`,
    [id, roles.employee, count],
  );
  return rows.map((row) => row.id);
}

/** Campaigns to many recipients, whose workers a spec ends in many ways, and what must be true afterwards. */
export class FanOut {
  private readonly server: TestServer;
  readonly cast: Cast;
  private readonly templateId: string;
  private readonly userIds: readonly string[];

  private constructor(server: TestServer, cast: Cast, templateId: string, userIds: readonly string[]) {
    this.server = server;
    this.cast = cast;
    this.templateId = templateId;
    this.userIds = userIds;
  }

  static async prepare(server: TestServer, recipients: number): Promise<FanOut> {
    const cast = await seedCast(server);
    const userIds = await addEmployees(server, cast.acme, recipients);
    return new FanOut(server, cast, await createTemplate(cast.max), userIds);
  }

  /** A started campaign to everybody, of one message or of these steps, which waits for a worker. */
  async start(steps: object[] = [tell]): Promise<string> {
    const client = this.cast.max.client(CampaignService);
    const { campaign } = await client.createCampaign({
      name: 'To everybody',
      templateId: this.templateId,
      userIds: [...this.userIds],
      workflow: { steps },
    });
    const campaignId = campaign?.id ?? '';
    await client.startCampaign({ campaignId });
    return campaignId;
  }

  async isCompleted(campaignId: string): Promise<boolean> {
    const { campaign } = await this.cast.max.client(CampaignService).getCampaign({ campaignId });
    return campaign?.status === CampaignStatus.COMPLETED;
  }

  async cancel(campaignId: string): Promise<void> {
    await this.cast.max.client(CampaignService).cancelCampaign({ campaignId });
  }

  /** The jobs that carry it forward. */
  async jobs(campaignId: string): Promise<string[]> {
    const rows = await this.server.database.query<{ id: string }>(
      `select id::text from graphile_worker._private_jobs where payload->>'campaignId' = $1 and attempts < max_attempts`,
      [campaignId],
    );
    return rows.map(({ id }) => id);
  }

  /** Whether a worker has the campaign's job. */
  async isInHand(campaignId: string): Promise<boolean> {
    const jobs = await this.server.database.query(
      'select from graphile_worker._private_jobs where key = $1 and locked_at is not null',
      [`campaign.advance/${campaignId}`],
    );
    return jobs.length > 0;
  }

  async completed(campaignId: string): Promise<void> {
    await eventually('the campaign is completed', () => this.isCompleted(campaignId), COMPLETION_MS);
  }

  async deliveries(campaignId: string): Promise<number> {
    const [row] = await this.server.database.query<{ count: number }>(
      'select count(*)::int as count from delivery where campaign_id = $1',
      [campaignId],
    );
    return row?.count ?? 0;
  }

  /** What must be true however the workers ended. */
  async expectEachOnce(campaignId: string): Promise<void> {
    const everybody = this.userIds.length;
    const [ledger] = await this.server.database.query(
      `select count(*)::int as deliveries, count(distinct user_id)::int as recipients from delivery where campaign_id = $1`,
      [campaignId],
    );
    expect(ledger).toEqual({ deliveries: everybody, recipients: everybody });
    const [trail] = await this.server.database.query(
      `select sum((metadata->>'deliveries')::int)::int as deliveries from audit_event
        where event_type = 'MESSAGE_SENT' and entity_id = $1`,
      [campaignId],
    );
    expect(trail).toEqual({ deliveries: everybody });
    const { campaign } = await this.cast.max.client(CampaignService).getCampaign({ campaignId });
    expect(campaign).toMatchObject({ totalRecipients: everybody, actionCompletedCount: 0, missedCount: 0 });
    expect(campaign?.completedAt).toBeDefined();
  }

  /** No worker gets past this recipient until it is released: a worker is sure to be in the middle of something. */
  async obstruct(campaignId: string, position: number): Promise<() => Promise<void>> {
    const holder = new Client({ connectionString: this.server.database.ownerUrl });
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query(
      `insert into inbox (org_id, user_id, changed_at)
       select org_id, user_id, now() from campaign_audience_member where campaign_id = $1 and position = $2
       on conflict do nothing`,
      [campaignId, position],
    );
    await holder.query('begin');
    await holder.query(
      `select from inbox where user_id =
         (select user_id from campaign_audience_member where campaign_id = $1 and position = $2) for update`,
      [campaignId, position],
    );
    return () => holder.end();
  }

  async workerWaitsForLock(): Promise<boolean> {
    const rows = await this.server.database.query(
      `select from pg_stat_activity where usename = 'dovecote_app' and datname = current_database()
          and state = 'active' and wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  }
}
