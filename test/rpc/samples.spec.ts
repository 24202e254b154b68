import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { createTemplate, workflow } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

// What README tells people to type, typed.
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
const run = promisify(execFile);

const CAMPAIGNS = 25;

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  const templateId = await createTemplate(cast.max);
  for (let number = 1; number <= CAMPAIGNS; number += 1) {
    await cast.max
      .client(CampaignService)
      .createCampaign({ name: `Campaign ${number}`, templateId, userIds: [cast.erin.userId], workflow });
  }
  // Where a program finds the packages that the samples import, under the names that they use.
  const cache = join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'samples-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await s.stop();
});

/** The sample whose code has these words, made out for the test's server and key. */
function sample(language: string, words: string): string {
  const fences = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = fences.find(([, fence, code = '']) => fence === language && code.includes(words));
  if (!found?.[2]) throw new Error(`README has no sample in ${language} with "${words}".`);
  const key = cast.kiosk.headers.authorization.replace('Bearer ', '');
  return found[2]
    .replaceAll('http://127.0.0.1:8080', s.url)
    .replaceAll('pidgr_k_…', key)
    .replaceAll('$API_KEY', key)
    .replaceAll('admin@acme.example', cast.alice.email);
}

/** The commands of a sample, each as its words. */
function commands(code: string): string[][] {
  return code
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
        ([, single, double, plain]) => single ?? double ?? plain ?? '',
      ),
    );
}

/** What `curl` would do with these words. */
async function curl([name, ...words]: readonly string[]): Promise<unknown> {
  expect(name).toBe('curl');
  const headers = new Headers();
  let url = '';
  let body: string | undefined;
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (word === '-d') body = words.shift();
    else if (word === '-H') headers.append(...(words.shift()?.split(': ') as [string, string]));
    else url = word;
  }
  const response = await fetch(url, { method: body === undefined ? 'GET' : 'POST', headers, body });
  expect(response.status).toBe(200);
  return response.json();
}

async function node(code: string): Promise<string[]> {
  const file = join(folder, 'sample.mjs');
  await writeFile(file, code);
  const { stdout } = await run(process.execPath, [file]);
  return stdout.trim().split('\n');
}

const newestFirst = Array.from({ length: CAMPAIGNS }, (_, index) => `Campaign ${CAMPAIGNS - index}`);
const firstPage = {
  campaigns: newestFirst.slice(0, 20).map((name): unknown => expect.objectContaining({ name })),
  paginationMeta: { nextPageToken: expect.any(String), totalCount: CAMPAIGNS },
};

describe('the first call', () => {
  test('with curl', async () => {
    const [command = []] = commands(sample('sh', 'CampaignService/ListCampaigns'));
    expect(await curl(command)).toEqual(firstPage);
  });

  test('with buf curl, by reflection', async () => {
    const [[npx, tool, ...words] = []] = commands(sample('sh', 'npx buf curl'));
    expect([npx, tool]).toEqual(['npx', 'buf']);
    const { stdout } = await run(process.execPath, [buf, ...words]);
    expect(JSON.parse(stdout)).toEqual(firstPage);
  });

  test('with Connect-Web: both pages', async () => {
    expect(await node(sample('js', '@connectrpc/connect-web'))).toEqual(newestFirst);
  });

  test('with Connect for Node, over gRPC: a refusal and its reason', async () => {
    expect(await node(sample('js', '@connectrpc/connect-node'))).toEqual(['NotFound CAMPAIGN_NOT_FOUND']);
  });
});

test('signing in: code, mailbox, tokens, who am I', async () => {
  const [request = [], mailbox = [], verify = []] = commands(sample('sh', 'RequestSignInCode'));
  expect(await curl(request)).toEqual({ state: expect.any(String) });
  const code = await eventually('the mail', async () => {
    const { mail } = (await curl(mailbox)) as { mail: { text: string }[] };
    return /\b\d{6}\b/.exec(mail[0]?.text ?? '')?.[0];
  });
  const { tokens } = (await curl(verify.map((word) => word.replace('123456', code)))) as {
    tokens: { accessToken: string };
  };
  const [whoAmI = []] = commands(sample('sh', 'WhoAmI'));
  const answer = await curl(whoAmI.map((word) => word.replace('$ACCESS_TOKEN', tokens.accessToken)));
  expect(answer).toMatchObject({ email: cast.alice.email, orgId: cast.acme.id });
});
