import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Page, root } from './support/page.js';
import { complaintsAbout, runProgram } from './support/program.js';
import { Shell } from './support/shell.js';
import { type StartedServer, startAsWritten } from './support/started-server.js';
import { substitute } from './support/substitutions.js';

// Starts of the whole product, a campaign with a deadline of a minute, and the first start of the analytics engine.
jest.setTimeout(160_000);

const page = Page.open('README.md');
const text = readFileSync(join(root, page.path), 'utf8');
const [start = '', test_ = ''] = page.take('npm start', 'sh').trim().split('\n');
let server: StartedServer;
let terminal: Shell;

beforeAll(async () => {
  server = await startAsWritten(start);
  terminal = await Shell.open({ PORT: new URL(server.url).port, DATA_DIR: server.dataDir });
});
afterAll(async () => {
  await terminal?.close();
  await server?.stop();
});

const type = (words: string, language = 'sh'): Promise<string> =>
  terminal.run(substitute(page.take(words, language), server));

test('begins with the two commands', () => {
  // The second one runs this.
  expect([start, test_]).toEqual(['npm start', 'npm test']);
  // The text names the first one again.
  expect(page.take('npm start', 'command')).toBe(start);
});

describe('the greeting', () => {
  test('ends with a command that sends a first event to the demo project, which is counted, and once', async () => {
    const [line = ''] = /^ {4}curl \S+BatchCreate .*$/m.exec(server.printed) ?? [];
    for (const _time of ['first', 'second'])
      expect(JSON.parse(await terminal.run(line))).toMatchObject({ accepted: 1 });
    const call = `api() { curl "${server.url}/$1" -H "authorization: Bearer $(cat ${server.dataDir}/demo-api-key)" -H "x-project-id: $PROJECT" -H 'content-type: application/json' -d "$2"; }`;
    await terminal.run(call);
    const listed = await terminal.run("api dovecote.project.v1.ProjectService/ListProjects '{}'");
    const { projects } = JSON.parse(listed) as { projects: { id: string; name: string }[] };
    expect(projects.map(({ name }) => name)).toEqual(['Demo shop']);
    await terminal.run(`PROJECT=${projects[0]?.id}`);
    const day = 86_400_000;
    const [start, end] = [-day, day].map((ms) => new Date(Date.now() + ms).toISOString());
    const question = JSON.stringify({
      query: { timeRange: { start, end }, events: [{ name: 'page_view' }], aggregation: 'AGGREGATION_COUNT' },
    });
    await eventually('the count', async () => {
      const answer = await terminal.run(`api insights.v1.InsightsService/Query '${question}'`);
      const { totals = [] } = JSON.parse(answer) as { totals?: { value: number }[] };
      return totals.some(({ value }) => value === 1);
    });
  });

  test('is what the page shows', () => {
    const [, shown = ''] = /^```text\n([\s\S]*?)^```$/m.exec(text) ?? [];
    const labels = shown.match(/^ {2}[A-Z][\w ]+(?= {2,}\S)/gm) ?? [];
    expect(labels.length).toBeGreaterThan(2);
    for (const label of labels) expect(server.printed).toContain(label);
    const calls = shown.match(/\/\w[\w.]+Service\/\w+/g) ?? [];
    expect(calls.length).toBeGreaterThan(2);
    for (const call of calls) expect(server.printed).toContain(call);
  });
});

describe('the first campaign', () => {
  test('with curl, in five calls', async () => {
    await type('API_KEY=$(cat data/demo-api-key)');
    const calls = page.take('MemberService/InviteUser', 'sh');
    const last = page.take('CampaignService/ListDeliveries', 'sh');
    expect(`${calls}${last}`.match(/call \w+Service\/\w+/g)).toHaveLength(5);
    await terminal.run(substitute(calls, server));
    const ledger = await eventually('the ledger', async () => {
      const answer = JSON.parse(await terminal.run(substitute(last, server))) as { deliveries?: object[] };
      return answer.deliveries;
    });
    expect(ledger).toEqual([expect.objectContaining({ recipientEmail: 'ada@acme.example' })]);
  });

  test('in TypeScript, which its compiler has nothing against', async () => {
    const program = page.take('members.inviteUser', 'ts');
    expect(await complaintsAbout([program])).toBe('');
    const [, promised] = /It prints `([^`]+)`/.exec(text) ?? [];
    expect(await runProgram(substitute(program, server))).toEqual([promised]);
  });
});

test('the demo plays to its end, and draws the funnel of the page', async () => {
  const [funnel = ''] = /^ {4}Visit .*\n(?: {4}.*\n)+/m.exec(text) ?? [];
  const [fromCampaign = ''] = /^ {4}Sent .*\n(?: {4}.*\n)+/m.exec(text) ?? [];
  const printed = await type('npm run demo', 'command');
  expect(printed).toContain(fromCampaign);
  const [command = ''] = /^ {2}curl (?:.*\n)+?.*campaign_sent.*$/m.exec(printed) ?? [];
  const answer = JSON.parse(await terminal.run(command)) as { funnel: { steps: { count: number }[] } };
  expect(answer.funnel.steps.map(({ count }) => count)).toEqual([3, 2, 1]);
  expect(printed).toContain('MISSED');
  expect(printed).toContain(funnel);
  // A copy of an event counts once.
  expect(await type('npm run demo -- analytics', 'command')).toContain(funnel);
});

test('the values of all variables are shown, and what is well', async () => {
  expect(await type('npx dovecote config', 'command')).toMatch(/^PORT /m);
  expect(await type('npx dovecote doctor', 'command')).toContain('signing keys');
});

test('a port is chosen by a variable; the data are there again', async () => {
  await server.interrupt();
  // Which port is free is not the page's to know.
  const command = page.take('PORT=9000 npm start', 'command');
  await server.again(command.replace('PORT=9000 ', ''));
  expect(server.printed).toContain(server.url);
});

test('nothing that it shows is run by nobody', () => {
  expect(page.untaken).toEqual([]);
});
