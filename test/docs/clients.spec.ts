import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { buildGo, whyNoGo } from '../support/go.js';
import { createTemplate, workflow } from '../support/campaigns.js';
import { Page, root } from './support/page.js';
import { complaintsAbout, runProgram } from './support/program.js';
import { serve, type ServedPage } from './support/served-page.js';
import { startAsWritten } from './support/started-server.js';

// The first run on a machine compiles grpcurl.
jest.setTimeout(300_000);

const CAMPAIGNS = 25;
const page = Page.open('docs/clients.md');
let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(page);
  const { max, erin } = reader.cast;
  const templateId = await createTemplate(max);
  for (let number = 1; number <= CAMPAIGNS; number += 1) {
    await max
      .client(CampaignService)
      .createCampaign({ name: `Campaign ${number}`, templateId, userIds: [erin.userId], workflow });
  }
  await reader.type('API_KEY=');
});
afterAll(() => reader?.stop());

const newestFirst = Array.from({ length: CAMPAIGNS }, (_, index) => `Campaign ${CAMPAIGNS - index}`);
const firstPage = {
  campaigns: newestFirst.slice(0, 20).map((name): unknown => expect.objectContaining({ name })),
  paginationMeta: { nextPageToken: expect.any(String), totalCount: CAMPAIGNS },
};

describe('the first page of campaigns', () => {
  test('with curl', async () => {
    expect(JSON.parse(await reader.type('curl http'))).toEqual(firstPage);
  });

  test('with buf curl, by reflection', async () => {
    expect(JSON.parse(await reader.type('npx buf curl'))).toEqual(firstPage);
  });

  test('with grpcurl, by reflection', async () => {
    const source = join(root, 'test/protocol/grpcurl');
    const missing = whyNoGo(source);
    if (missing) {
      page.leave('grpcurl', `It cannot be built here: ${missing}.`);
      console.log(`skipped: ${missing}`);
      return;
    }
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-grpcurl-'));
    await buildGo(source, join(folder, 'grpcurl'), 'github.com/fullstorydev/grpcurl/cmd/grpcurl');
    await reader.shell.run(`PATH=${folder}:$PATH`);
    expect(JSON.parse(await reader.type('grpcurl'))).toEqual(firstPage);
    await rm(folder, { recursive: true });
  });
});

describe('in TypeScript', () => {
  const web = page.take('connect-web', 'ts');
  const node = page.take('connect-node', 'ts');

  test('the compiler has nothing against it', async () => {
    expect(await complaintsAbout([web, node])).toBe('');
  });

  test('with Connect-Web: both pages', async () => {
    expect(await runProgram(reader.here(web))).toEqual(newestFirst);
  });

  test('with Connect for Node, over gRPC: a refusal and its reason', async () => {
    expect(await runProgram(reader.here(node))).toEqual(['NotFound CAMPAIGN_NOT_FOUND']);
  });
});

test('a page in a browser is let in by a variable', async () => {
  const server = await startAsWritten(page.take('CORS_ORIGINS=', 'command'));
  try {
    const answer = await fetch(`${server.url}/pidgr.v1.CampaignService/ListCampaigns`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
  } finally {
    await server.stop();
  }
});

test('nothing that it shows is run by nobody', () => {
  // `npm start` is README's.
  page.leave('npm start', 'README starts the server by it, and so does its spec.');
  expect(page.untaken).toEqual([]);
});
