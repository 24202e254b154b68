import type { ServerResponse } from 'node:http';
import { Code, ConnectError } from '@connectrpc/connect';
import { expect } from '@jest/globals';
import { WebhookCall_Outcome as Outcome } from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import type { Random } from '../fuzz/random.js';
import { addPhone } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { acknowledge, skipsOf, tally } from '../support/follow-ups.js';
import { hire } from '../support/members.js';
import type { TestServer } from '../support/test-server.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import { ask, escalate, manager, mark, remind, startWorkflow, user, wait } from '../support/workflows.js';
import { addEmployees } from './fan-out.js';

/** Recipients without a manager. */
const WITHOUT_MANAGER = 7;
const ACKNOWLEDGE = 5;
const ROUNDS = 2;

/** `late`: kept back until `answerLate`. `endless`: a byte now and then, for as long as the connection lasts. */
export type Mood = 'well' | 'error' | 'hangUp' | 'late' | 'endless';

/** Campaigns of every step type to many recipients, and what must be true of them after any fault. */
export class Chase {
  private readonly server: TestServer;
  readonly cast: Cast;
  private readonly receiver: WebhookReceiver;
  private readonly silent: readonly string[];
  /** Recipients who acknowledge sooner or later. */
  private readonly willing: readonly Actor[];
  private readonly boss: Actor;
  private readonly peer: Actor;
  private readonly held: ServerResponse[] = [];
  /** How the other system answers the next requests, before it answers at random again. */
  private moods: Mood[] = [];

  private constructor(
    server: TestServer,
    receiver: WebhookReceiver,
    people: Pick<Chase, 'cast'> & { silent: string[]; willing: Actor[]; boss: Actor; peer: Actor },
  ) {
    this.server = server;
    this.receiver = receiver;
    this.cast = people.cast;
    this.silent = people.silent;
    this.willing = people.willing;
    this.boss = people.boss;
    this.peer = people.peer;
  }

  static async prepare(server: TestServer, receiver: WebhookReceiver, recipients: number): Promise<Chase> {
    const cast = await seedCast(server);
    const silent = await addEmployees(server, cast.acme, recipients - ACKNOWLEDGE);
    const [boss, peer] = [await hire(server, cast.acme), await hire(server, cast.acme)];
    await addPhone(boss);
    const willing: Actor[] = [];
    for (let n = 0; n < ACKNOWLEDGE; n += 1) willing.push(await hire(server, cast.acme));
    const managed = [...silent.slice(WITHOUT_MANAGER), ...willing.map(({ userId }) => userId)];
    await server.database.query('update member set manager_id = $1 where org_id = $2 and id = any ($3)', [
      boss.userId,
      cast.acme.id,
      managed,
    ]);
    return new Chase(server, receiver, { cast, silent, willing, boss, peer });
  }

  get recipients(): number {
    return this.silent.length + this.willing.length;
  }

  async start(author: Pick<Actor, 'client'> = this.cast.max): Promise<string> {
    const userIds = [...this.silent, ...this.willing.map(({ userId }) => userId)];
    return startWorkflow(author, userIds, [
      ask('send', 'note'),
      remind('note', 'wait', [user(this.boss.userId)]),
      wait('wait', 'up', '1m'),
      escalate('up', 'call', {
        targets: [manager, user(this.peer.userId)],
        repeatCount: ROUNDS - 1,
        repeatIntervalMinutes: 1,
      }),
      {
        id: 'call',
        type: StepType.CALL_WEBHOOK,
        config: { case: 'callWebhook' as const, value: { name: 'Hook', url: this.receiver.url } },
        transitions: { completed: 'mark', failed: 'mark' },
      },
      mark,
    ]);
  }

  /** From now on the other system answers at random: with success, with an error, by hanging up, or too late. */
  answerErratically(random: Random): void {
    const usual = ['well', 'well', 'error', 'hangUp', 'late'] as const;
    this.receiver.answer((response) => this.answerAs(this.moods.shift() ?? random.pick(usual), response));
  }

  /** How the next requests are answered, one after the other. */
  answerNext(...moods: Mood[]): void {
    this.moods = moods;
  }

  private answerAs(mood: Mood, response: ServerResponse): void {
    if (mood === 'well') response.writeHead(204).end();
    else if (mood === 'error') response.writeHead(503).end('later');
    else if (mood === 'hangUp') response.destroy();
    else if (mood === 'late') this.held.push(response);
    else {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 200);
      response.once('close', () => clearInterval(timer));
    }
  }

  /** The answers that were kept back arrive. Their requests may have been given up. */
  answerLate(): void {
    for (const response of this.held.splice(0)) response.writeHead(200).end('late');
  }

  /** One more of those who are willing acknowledges, if the message has reached them. False when none is left. */
  async acknowledgeOne(
    campaignId: string,
    as: (person: Actor) => Pick<Actor, 'client'> = (person) => person,
  ): Promise<boolean> {
    for (const person of this.willing) {
      const [open] = await this.server.database.query(
        'select from delivery where campaign_id = $1 and user_id = $2 and kind = 1 and status not in (4, 5)',
        [campaignId, person.userId],
      );
      if (!open) continue;
      await eventually('an acknowledgement arrives, or comes too late', () =>
        isAnswered(as(person), campaignId),
      );
      return true;
    }
    return false;
  }

  /** Saves waiting for the minute of a timer: the clocks of the run and of its job are set back. */
  async hurry(campaignId: string): Promise<void> {
    await this.server.database.query(
      'update campaign_run set wake_at = now() where campaign_id = $1 and wake_at > now()',
      [campaignId],
    );
    await this.server.database.query(
      `update graphile_worker._private_jobs set run_at = now()
        where locked_at is null and run_at > now() and payload::text like '%' || $1 || '%'`,
      [campaignId],
    );
    await this.server.database.query(
      'update webhook_call set next_attempt_at = now() where campaign_id = $1 and next_attempt_at > now()',
      [campaignId],
    );
    await this.server.database.query(
      `update graphile_worker._private_jobs set run_at = now()
        where locked_at is null and run_at > now() and key like 'webhook.%'`,
    );
  }

  /** The job runs a second time, beside the first. */
  async double(campaignId: string): Promise<void> {
    await this.server.database.query(
      `insert into graphile_worker._private_jobs (task_id, payload, max_attempts)
       select task_id, payload, max_attempts from graphile_worker._private_jobs where key = $1`,
      [`campaign.advance/${campaignId}`],
    );
  }

  async hasWork(campaignId: string): Promise<boolean> {
    const jobs = await this.server.database.query(
      `select from graphile_worker._private_jobs
        where (payload::text like '%' || $1 || '%' or key like 'webhook.%') and run_at <= now()
          and attempts < max_attempts`,
      [campaignId],
    );
    return jobs.length > 0;
  }

  /** Jobs, due or not, but those that were replaced while they ran, and did not end. */
  async hasJobs(campaignId: string): Promise<boolean> {
    const jobs = await this.server.database.query(
      `select from graphile_worker._private_jobs
        where payload::text like '%' || $1 || '%' and (key is not null or attempts < max_attempts)`,
      [campaignId],
    );
    return jobs.length > 0;
  }

  async isCompleted(campaignId: string): Promise<boolean> {
    const { campaign } = await this.cast.max.client(CampaignService).getCampaign({ campaignId });
    return campaign?.status === CampaignStatus.COMPLETED;
  }

  /** What the graph prescribes, and nothing beside it. */
  async expectPrescribed(campaignId: string): Promise<void> {
    // Without statistics of what was just written, PostgreSQL compares everything with everything.
    await this.server.database.query('analyze delivery, push_outbox');
    await this.expectCopies(campaignId);
    await this.expectPushes(campaignId);
    await this.expectSums(campaignId);
    await this.expectCall(campaignId);
    await this.expectTrail(campaignId);
  }

  private async expectCopies(campaignId: string): Promise<void> {
    const willing = this.willing.map(({ userId }) => userId);
    const rows = await this.server.database.query(
      `select d.step_id as step, d.round, d.kind, count(*)::int as rows,
              count(distinct (d.user_id, d.parent_delivery_id))::int as once
         from delivery d left join delivery p on p.org_id = d.org_id and p.id = d.parent_delivery_id
        where d.campaign_id = $1 and coalesce(p.user_id, d.user_id) <> all ($2)
        group by d.step_id, d.round, d.kind order by d.step_id, d.round`,
      [campaignId, willing],
    );
    const silent = this.silent.length;
    const told = 2 * silent - WITHOUT_MANAGER;
    expect(rows).toEqual([
      { step: 'note', round: 0, kind: 3, rows: silent, once: silent },
      { step: 'send', round: 0, kind: 1, rows: silent, once: silent },
      { step: 'up', round: 0, kind: 2, rows: told, once: told },
      { step: 'up', round: 1, kind: 2, rows: told, once: told },
    ]);
    const twice = await this.server.database.query(
      `select from delivery where campaign_id = $1
        group by user_id, parent_delivery_id, step_id, round, kind having count(*) > 1`,
      [campaignId],
    );
    expect(twice).toEqual([]);
    const skipped = (await skipsOf(this.server, campaignId)).filter(({ reason }) => reason === 'no_manager');
    expect(skipped).toHaveLength(ROUNDS * WITHOUT_MANAGER);
    const open = await this.server.database.query(
      `select from delivery d join delivery p on p.org_id = d.org_id and p.id = d.parent_delivery_id
        where d.campaign_id = $1 and p.status = 4 and d.dismissed_at is null and d.acted_at is null`,
      [campaignId],
    );
    expect(open).toEqual([]);
    const clocks = await this.server.database.query(
      'select from delivery where campaign_id = $1 group by user_id, changed_at having count(*) > 1',
      [campaignId],
    );
    expect(clocks).toEqual([]);
  }

  private async expectPushes(campaignId: string): Promise<void> {
    // The manager alone has a phone.
    const rows = await this.server.database.query(
      `select count(*)::int as rows, count(distinct (p.delivery_id, p.device_id, p.step_id, p.round))::int as once
         from push_outbox p join delivery d on d.org_id = p.org_id and d.id = p.delivery_id
         join delivery m on m.org_id = d.org_id and m.id = d.parent_delivery_id
        where d.campaign_id = $1 and m.user_id = any ($2)`,
      [campaignId, this.silent],
    );
    const expected = this.silent.length + ROUNDS * (this.silent.length - WITHOUT_MANAGER);
    expect(rows).toEqual([{ rows: expected, once: expected }]);
  }

  private async expectSums(campaignId: string): Promise<void> {
    const own = await tally(this.server, campaignId);
    const { ACKNOWLEDGED: acknowledged = 0, MISSED: missed = 0, ...others } = own;
    expect(others).toEqual({});
    expect(acknowledged + missed).toBe(this.recipients);
    expect(missed).toBeGreaterThanOrEqual(this.silent.length);
    const [counted] = await this.server.database.query<Record<string, number>>(
      `select sum(recipients)::int as recipients, sum(acknowledged)::int as acknowledged, sum(missed)::int as missed,
              sum(copies)::int as copies from campaign_counter where campaign_id = $1`,
      [campaignId],
    );
    const [stored] = await this.server.database.query<{ copies: number }>(
      'select count(*)::int as copies from delivery where campaign_id = $1 and parent_delivery_id is not null',
      [campaignId],
    );
    expect(counted).toEqual({ recipients: this.recipients, acknowledged, missed, ...stored });
    const { campaign } = await this.cast.max.client(CampaignService).getCampaign({ campaignId });
    expect(campaign).toMatchObject({
      status: CampaignStatus.COMPLETED,
      totalRecipients: this.recipients,
      actionCompletedCount: acknowledged,
      missedCount: missed,
    });
  }

  private async expectCall(campaignId: string): Promise<void> {
    const calls = await this.server.database.query<{ id: string; outcome: Outcome; attempts: number }>(
      'select id, outcome, attempts from webhook_call where campaign_id = $1',
      [campaignId],
    );
    expect(calls).toEqual([
      { id: expect.any(String), outcome: expect.any(Number), attempts: expect.any(Number) },
    ]);
    const [call] = calls;
    expect([Outcome.COMPLETED, Outcome.FAILED]).toContain(call?.outcome);
    const attempts = await this.server.database.query<{ number: number; success: boolean }>(
      `select number, status between 200 and 299 as success from webhook_attempt where call_id = $1 order by number`,
      [call?.id],
    );
    expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, index) => index + 1));
    expect(attempts).toHaveLength(call?.attempts ?? 0);
    expect(attempts.length).toBeLessThanOrEqual(5);
    expect(attempts.some(({ success }) => success)).toBe(call?.outcome === Outcome.COMPLETED);
    const received = this.receiver.received.filter(({ body }) => body.includes(campaignId));
    // A worker may die before its request leaves, and a refused one may have been sent.
    expect(received.length).toBeLessThanOrEqual(attempts.length);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBeLessThanOrEqual(1);
    expect(new Set(received.map(({ body }) => body)).size).toBeLessThanOrEqual(1);
  }

  private async expectTrail(campaignId: string): Promise<void> {
    const [trail] = await this.server.database.query(
      `select coalesce(sum((metadata->>'deliveries')::int)
                filter (where event_type = 'MESSAGE_SENT' and metadata->>'step_id' = 'send'), 0)::int as sent,
              count(*) filter (where event_type = 'CAMPAIGN_STARTED')::int as started
         from audit_event where entity_id = $1`,
      [campaignId],
    );
    expect(trail).toEqual({ sent: this.recipients, started: 1 });
    const left = await this.server.database.query(
      `select j.key, j.attempts, j.last_error from graphile_worker._private_jobs j
        where payload::text like '%' || $1 || '%' and (key is not null or attempts < max_attempts)`,
      [campaignId],
    );
    expect(left).toEqual([]);
  }
}

/** Acknowledged; or refused for good, because the message is missed by now. */
async function isAnswered(person: Pick<Actor, 'client'>, campaignId: string): Promise<boolean> {
  try {
    await acknowledge(person, campaignId);
    return true;
  } catch (error) {
    if (ConnectError.from(error).code === Code.FailedPrecondition) return true;
    throw error;
  }
}
