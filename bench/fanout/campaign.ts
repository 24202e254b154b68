import { setTimeout as delay } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { StepType, type WorkflowStepSchema } from '@dovecote/contract/pidgr/v1/common_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import type { Client } from 'pg';

type Steps = MessageInitShape<typeof WorkflowStepSchema>[];

const body = `# Fire drill on Monday

Hello {{first_name}},

on **Monday at 10:00** we practise leaving the building. Take the nearest stairs, not the lifts, and wait at the
meeting point until your name has been called. [What to do](https://intranet.example/fire-drill)`;

/** An announcement that says the same to all, or one that calls everybody by their name. */
export async function createTemplate(transport: Transport, personal: boolean): Promise<string> {
  const { template } = await createClient(TemplateService, transport).createTemplate({
    name: 'Fire drill',
    title: 'Fire drill on Monday',
    body: personal ? body : body.replace(' {{first_name}}', ''),
    variables: personal ? [{ name: 'first_name', source: 1 }] : [],
  });
  return template!.id;
}

const oneMessage: Steps = [
  {
    id: 'send',
    type: StepType.SEND_NOTIFICATION,
    config: { case: 'sendNotification', value: { type: 'push' } },
  },
];

/** A campaign whose frozen audience is the first `count` members; by SQL, as a request has a limit. */
export async function createCampaign(
  transport: Transport,
  owner: Client,
  templateId: string,
  orgId: string,
  count: number,
  steps: Steps = oneMessage,
): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    `select id from member where org_id = $1 and name = 'Reader' order by id limit 1`,
    [orgId],
  );
  const { campaign } = await createClient(CampaignService, transport).createCampaign({
    name: 'Fire drill',
    templateId,
    userIds: rows.map(({ id }) => id),
    workflow: { steps },
  });
  const id = campaign!.id;
  await owner.query('delete from campaign_audience_member where campaign_id = $1', [id]);
  // In no order that an index has: people are uploaded as a list has them.
  await owner.query(
    `insert into campaign_audience_member (org_id, campaign_id, position, user_id)
     select $1, $2, row_number() over (order by md5(id::text)), id from
       (select id from member where org_id = $1 and name = 'Reader' order by id limit $3) m`,
    [orgId, id, count],
  );
  await owner.query('vacuum analyze campaign_audience_member');
  return id;
}

/** Seconds from StartCampaign until everybody has been sent theirs. */
export async function runCampaign(transport: Transport, owner: Client, campaignId: string): Promise<number> {
  const begin = performance.now();
  await createClient(CampaignService, transport).startCampaign({ campaignId });
  for (;;) {
    const { rowCount } = await owner.query(
      'select from campaign where id = $1 and completed_at is not null',
      [campaignId],
    );
    if (rowCount) return (performance.now() - begin) / 1000;
    await delay(10);
  }
}

export async function expectAllSent(owner: Client, campaignId: string, count: number): Promise<void> {
  const { rows } = await owner.query<{ count: number }>(
    `select count(distinct user_id)::int as count from delivery where campaign_id = $1 and status = 2`,
    [campaignId],
  );
  if (rows[0]?.count !== count) throw new Error(`${rows[0]?.count} of ${count} recipients were reached.`);
}
