import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { addSession } from '../support/cast.js';
import { acknowledge, entriesOf } from '../support/follow-ups.js';
import { eventually } from '../support/eventually.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

jest.setTimeout(120_000);

const page = Page.open('docs/how-to/link-members-and-product-users.md');
let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(page, {}, {}, { analytics: true });
});
afterAll(() => reader?.stop());

interface Answer {
  readonly funnel?: { steps: readonly { event: string; count: number }[] };
  readonly retention?: { cohorts: readonly { size: number; points: readonly { users: number }[] }[] };
}

/** Asks until the answer is the one: events are counted within some seconds. */
async function answers(code: string, isRight: (answer: Answer) => boolean): Promise<Answer> {
  let last = '';
  return eventually('the answer', async () => {
    last = await reader.shell.run(code);
    const answer = JSON.parse(last) as Answer;
    return isRight(answer) && answer;
  }).catch((cause: unknown) => {
    throw new Error(`The last answer: ${last}`, { cause });
  });
}

/** As her app would. */
async function acknowledgeAsAda(): Promise<void> {
  const [userId = '', campaignId = ''] = (await reader.shell.run('echo $ADA $CAMPAIGN')).split(' ');
  const { user } = await reader.cast.alice.client(MemberService).getUser({ userId });
  const [member] = await reader.server.database.query<{ identityId: string }>(
    'select identity_id as "identityId" from member where id = $1',
    [userId],
  );
  const orgId = reader.cast.acme.id;
  const ada = await addSession(reader.server, {
    ...{ orgId, userId, email: user?.email ?? '' },
    identityId: member?.identityId ?? '',
  });
  await reader.server.database.query('update member set status = 2, joined_at = now() where id = $1', [
    userId,
  ]);
  await eventually('the message is there', async () => (await entriesOf(ada, campaignId)).length === 1);
  await acknowledge(ada, campaignId);
}

describe('a campaign and a product', () => {
  test('are asked about in one funnel', async () => {
    expect(await reader.type('SetCampaignFeed')).toContain('"enabled":true');
    await reader.type('CreateCampaign');
    await acknowledgeAsAda();
    await reader.type('ProfilesSDKService/Identify');
    const question = reader.here(page.take('ask()', 'sh'));
    const { funnel } = await answers(question, (answer) => answer.funnel?.steps[2]?.count === 1);
    expect(funnel?.steps.map(({ event, count }) => [event, count])).toEqual([
      ['campaign_sent', 1],
      ['campaign_acknowledged', 1],
      ['handbook_opened', 1],
    ]);
  });

  test('and in one table of retention', async () => {
    const question = reader.here(page.take('INSIGHT_TYPE_RETENTION', 'sh'));
    const { retention } = await answers(question, (answer) => answer.retention?.cohorts[0]?.size === 1);
    expect(retention?.cohorts[0]?.points[0]).toMatchObject({ users: 1 });
  });
});
