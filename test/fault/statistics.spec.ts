import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { untilStatus, untilStep } from '../support/campaigns.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, mark, wait } from '../support/workflows.js';
import { FanOut } from './fan-out.js';

jest.setTimeout(120_000);

const RECIPIENTS = 1_500;

let s: TestServer;
let fanOut: FanOut;

beforeAll(async () => {
  s = await startTestServer();
  fanOut = await FanOut.prepare(s, RECIPIENTS);
});
afterAll(() => s?.stop());

test('a campaign comes to its end where statistics say that the ledger is empty', async () => {
  await s.database.query('vacuum analyze delivery, inbox, push_outbox');
  const { max } = fanOut.cast;
  const campaignId = await fanOut.start([ask('send', 'wait'), wait('wait', 'mark', '1h'), mark]);
  await untilStep(max, campaignId, 'wait');
  await s.travel(3_600_000);
  expect(await untilStatus(max, campaignId, CampaignStatus.COMPLETED)).toMatchObject({
    totalRecipients: RECIPIENTS,
    missedCount: RECIPIENTS,
  });
});
