import { randomUUID } from 'node:crypto';
import type { Client as RpcClient } from '@connectrpc/connect';
import { CampaignApprovalService } from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import {
  CampaignSteeringService,
  ScheduledStart_State as StartState,
} from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import type { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { Client } from 'pg';
import { Clock } from '../../src/platform/clock/clock.js';
import { createCampaign, createTemplate, workflow } from './campaigns.js';
import { type Actor, addMember, type Cast, seedCast } from './cast.js';
import { eventually } from './eventually.js';
import { refusalsOf } from './refusal.js';
import { startTestServer, type TestServer } from './test-server.js';

export const HOUR_MS = 3_600_000;

/** An organization that can require approvals, with three members who may start campaigns: Alice, Max and Mia. */
export class ApprovalWorld {
  readonly s: TestServer;
  readonly cast: Cast;
  /** Another manager of Acme. */
  readonly mia: Actor;

  private constructor(s: TestServer, cast: Cast, mia: Actor) {
    this.s = s;
    this.cast = cast;
    this.mia = mia;
  }

  static async open(): Promise<ApprovalWorld> {
    const s = await startTestServer();
    const cast = await seedCast(s);
    const mia = await addMember(s, cast.acme, { email: 'mia@acme.example', role: 'manager' });
    return new ApprovalWorld(s, cast, mia);
  }

  approvals(actor: Actor = this.cast.alice): RpcClient<typeof CampaignApprovalService> {
    return actor.client(CampaignApprovalService);
  }

  steering(actor: Actor = this.cast.max): RpcClient<typeof CampaignSteeringService> {
    return actor.client(CampaignSteeringService);
  }

  campaigns(actor: Actor = this.cast.max): RpcClient<typeof CampaignService> {
    return actor.client(CampaignService);
  }

  require(required: boolean, actor: Actor = this.cast.alice) {
    return this.approvals(actor).setApprovalPolicy({ required });
  }

  created(): Promise<string> {
    return createCampaign(this.cast.max, [this.cast.erin.userId]);
  }

  /** A campaign, and a translation of its template that can be approved. */
  async createdWithTranslation(): Promise<{ campaignId: string; translationId: string }> {
    const templateId = await createTemplate(this.cast.max);
    const { campaign } = await this.campaigns().createCampaign({
      ...{ name: 'Campaign', templateId, userIds: [this.cast.erin.userId], workflow },
    });
    const { translation } = await this.cast.max.client(TemplateService).createTemplateTranslation({
      ...{ templateId, version: 1, locale: 'es', title: 'Hola', body: 'Hola {{name}}.' },
    });
    return { campaignId: campaign?.id ?? '', translationId: translation?.id ?? '' };
  }

  start(campaignId: string, actor: Actor = this.cast.max) {
    return this.campaigns(actor).startCampaign({ campaignId });
  }

  rename(campaignId: string, actor: Actor = this.cast.max) {
    return this.campaigns(actor).updateCampaign({ campaignId, title: `Title ${randomUUID()}` });
  }

  standing(campaignId: string) {
    return this.steering(this.cast.alice).getCampaignSteering({ campaignId });
  }

  async statusOf(campaignId: string): Promise<CampaignStatus | undefined> {
    return (await this.campaigns().getCampaign({ campaignId })).campaign?.status;
  }

  /** Requests an approval; the digest of the content that it is for. */
  async requested(campaignId: string, actor: Actor = this.cast.max): Promise<string> {
    const { approval } = await this.approvals(actor).requestCampaignApproval({ campaignId });
    return approval?.contentDigest ?? '';
  }

  async approved(campaignId: string, approver: Actor = this.cast.alice): Promise<void> {
    const contentDigest = await this.requested(campaignId);
    await this.approvals(approver).approveCampaign({ campaignId, contentDigest });
  }

  /** An hour from now. */
  async scheduled(campaignId: string, actor: Actor = this.cast.max): Promise<void> {
    const now = this.s.server.app.get(Clock, { strict: false }).now().getTime();
    const wallTime = new Date(now + HOUR_MS).toISOString().slice(0, 19);
    await this.steering(actor).scheduleCampaignStart({ campaignId, wallTime, zone: 'UTC' });
  }

  untilStart(campaignId: string, state: StartState) {
    return eventually(`the start is ${StartState[state]}`, async () => {
      const { scheduledStart } = await this.standing(campaignId);
      return scheduledStart?.state === state && scheduledStart;
    });
  }

  /** Events about something, of types that match the pattern. */
  trailOf(entityId: string, types: string) {
    return this.s.database.query<{ type: string; actor: string; metadata: Record<string, string> }>(
      `select event_type as type, actor_id as actor, metadata from audit_event
        where entity_id = $1 and event_type ~ $2 order by created_at, id`,
      [entityId, types],
    );
  }

  /** Sends calls that decide about a campaign so that each waits for the lock of the campaign behind the one before. */
  async queued(campaignId: string, send: readonly (() => Promise<unknown>)[]): Promise<Outcomes> {
    const holder = new Client({ connectionString: this.s.database.ownerUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from campaign where id = $1 for update', [campaignId]);
    const calls: Promise<unknown>[] = [];
    for (const call of send) {
      calls.push(call());
      await this.untilWaiting(calls.length);
    }
    const outcomes = outcomesOf(calls);
    await holder.end();
    return outcomes;
  }

  /** Statements that fire the trigger wait until they are freed. */
  async obstruct(trigger: string): Promise<{ free(): Promise<void> }> {
    const { database } = this.s;
    await database.query('select pg_advisory_lock(91)');
    await database.query(
      `create function await_spec() returns trigger language plpgsql as
         $$ begin perform pg_advisory_xact_lock(91); return new; end $$;
       create trigger await_spec ${trigger} execute function await_spec()`,
    );
    return {
      async free() {
        await database.query('select pg_advisory_unlock(91)');
        await database.query('drop function await_spec cascade');
      },
    };
  }

  untilWaiting(calls: number) {
    return eventually(`${calls} calls wait for a lock`, async () => {
      const rows = await this.s.database.query(
        `select from pg_stat_activity where usename = 'dovecote_app' and datname = current_database()
            and state = 'active' and wait_event_type = 'Lock'`,
      );
      return rows.length >= calls;
    });
  }
}

/** How many calls succeeded, and why the others were refused. */
interface Outcomes {
  succeeded: number;
  reasons: string[];
}

export async function outcomesOf(calls: readonly Promise<unknown>[]): Promise<Outcomes> {
  const settled = await Promise.allSettled(calls);
  const refused = calls.filter((_, index) => settled[index]?.status === 'rejected');
  const reasons = (await refusalsOf(refused)).map(({ reason }) => reason);
  return { succeeded: calls.length - refused.length, reasons };
}
