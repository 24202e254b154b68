import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { ReplayService } from '@dovecote/contract/pidgr/v1/replay_pb';
import type { Browser, BrowserContext, Page as BrowserPage } from 'playwright-core';
import ts from 'typescript';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { newContext, play, PLAYER_POLICY, type Replay, startPlayer, startShop } from '../support/replays.js';
import type { WebSite } from '../support/web-site.js';
import { Page, root } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const run = promisify(execFile);

const page = Page.open('docs/how-to/record-a-session.md');
const recording = page.take('createRecorder', 'js');
const marks = page.take('data-dovecote-mask', 'html');
const playing = page.take('new Replayer', 'js');

let reader: ServedPage;
let browser: Browser | undefined;
let context: BrowserContext;
let shop: WebSite;
let player: WebSite;

beforeAll(async () => {
  browser = await startChromium();
  if (!browser) return;
  reader = await serve(page, { CORS_ORIGINS: 'http://shop.localhost:*' });
  context = await newContext(browser);
  const script = (content: string) => ({ type: 'text/javascript', content });
  shop = await startShop({ '/start.js': script(`${reader.here(recording)}\nwindow.recorder = recorder;`) });
  const toTheEnd = 'window.play = (events) => play(events).pause(1e9);';
  player = await startPlayer(PLAYER_POLICY, { '/player.js': script(`${playing}\n${toTheEnd}`) });
});
afterAll(async () => {
  await browser?.close();
  await shop?.stop();
  await player?.stop();
  await reader?.stop();
});

/** The shop with the marks of the page, used by a member who agreed. */
async function openShop(): Promise<BrowserPage> {
  const { cast } = reader;
  const opened = await context.newPage();
  await opened.goto(shop.origin, { waitUntil: 'networkidle' });
  const stored = {
    organization: cast.acme.id,
    token: cast.erin.headers.authorization.replace('Bearer ', ''),
    recording: 'agreed',
  };
  await opened.evaluate(`Object.assign(localStorage, ${JSON.stringify(stored)})`);
  await opened.evaluate(`document.body.insertAdjacentHTML('afterbegin', ${JSON.stringify(marks)})`);
  return opened;
}

async function start(opened: BrowserPage): Promise<void> {
  await opened.evaluate(`import('/start.js')`);
}

async function recordings(): Promise<string[]> {
  const { recordings: listed } = await reader.cast.alice.client(ReplayService).listSessionRecordings({});
  return listed.map(({ id }) => id);
}

async function snapshotOf(recordingId: string): Promise<string> {
  const service = reader.cast.alice.client(ReplayService);
  return (await service.getSessionSnapshots({ recordingId })).snapshotData;
}

/** The snapshot of the one recording that was not there before, once it has these words. */
async function newSnapshot(before: readonly string[], words: string): Promise<string> {
  return eventually(`a recording with ${words}`, async () => {
    const [id] = (await recordings()).filter((one) => !before.includes(one));
    const snapshot = id === undefined ? '' : await snapshotOf(id);
    return snapshot.includes(words) && snapshot;
  });
}

describe('a recording made and played as the page says', () => {
  let snapshot = '';
  let replay: Replay;

  beforeAll(async () => {
    if (!browser) return;
    const opened = await openShop();
    await start(opened);
    await opened.fill('#name', 'SECRET-typed');
    await opened.evaluate(`document.getElementById('open').firstChild.data = 'Parcel 42 has arrived.'`);
    await opened.click('h1');
    await opened.evaluate('recorder.stop()');
    snapshot = await newSnapshot([], 'has arrived');
    replay = await play(context, player, JSON.parse(snapshot));
  });

  test('is the page that the member saw', async () => {
    if (!browser) return;
    expect(await replay.frame.locator('h1').innerText()).toBe('Your orders');
    expect(await replay.frame.locator('#open').innerText()).toBe('Parcel 42 has arrived.');
    expect(await replay.frame.locator('#name').inputValue()).toBe('********');
  });

  test('has no secrets, and nothing that the page marks', async () => {
    if (!browser) return;
    expect(snapshot).not.toContain('SECRET');
    expect(snapshot).not.toContain('4,200');
    expect(await replay.frame.locator('p', { hasText: 'Salary' }).innerText()).toMatch(/^Salary: [* ]+$/);
    expect(await replay.frame.locator('.dovecote-mask').innerText()).toMatch(/^[* ]+$/);
  });

  test('asks for nothing', () => {
    if (!browser) return;
    expect(replay.requests).toEqual([]);
    expect(replay.ran).toEqual([]);
  });

  test('is no other organization’s', async () => {
    if (!browser) return;
    const { mallory } = reader.cast;
    expect((await mallory.client(ReplayService).listSessionRecordings({})).recordings).toEqual([]);
  });

  test('scores what was done', async () => {
    if (!browser) return;
    const { recordings: listed } = await reader.cast.alice.client(ReplayService).listSessionRecordings({});
    expect(listed[0]?.activityScore).toBeGreaterThan(0);
    expect(listed[0]?.activityScore).toBeLessThan(1);
  });
});

describe('the recorder of the page', () => {
  test('sends the last moments of a page that is left', async () => {
    if (!browser) return;
    const before = await recordings();
    const opened = await openShop();
    await start(opened);
    await newSnapshot(before, 'Your orders');
    await opened.evaluate(`document.getElementById('open').firstChild.data = 'The last words.'`);
    await opened.evaluate('new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))');
    await opened.close({ runBeforeUnload: true });
    expect(await newSnapshot(before, 'The last words.')).toContain('Your orders');
  });

  test('ends, and says why, where the person does not agree or nothing is kept', async () => {
    if (!browser) return;
    const before = await recordings();
    const ended = async (prepare: string): Promise<string> => {
      const opened = await openShop();
      const said = opened.waitForEvent('console', (message) => message.text().startsWith('Recording ended'));
      await opened.evaluate(prepare);
      await start(opened);
      const text = (await said).text();
      await opened.close();
      return text;
    };
    expect(await ended(`localStorage.recording = 'no'`)).toBe('Recording ended: no-consent');
    expect(await ended(`localStorage.token = 'x'`)).toBe('Recording ended: refused');
    const organization = reader.cast.alice.client(OrganizationService);
    await organization.updateOrgPrivacySettings({ behavioralAnalyticsEnabled: false });
    expect(await ended('')).toBe('Recording ended: not-kept');
    await organization.updateOrgPrivacySettings({ behavioralAnalyticsEnabled: true });
    expect(await recordings()).toEqual(before);
  });
});

describe('the package that the page says how to make', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecote-recorder-'));
    const [program = '', ...words] = page.take('npm pack', 'command').split(' ');
    const { stdout } = await run(program, [...words, '--pack-destination', folder], { cwd: root });
    const into = join(folder, 'node_modules/@dovecote/replay-recorder');
    await mkdir(into, { recursive: true });
    await run('tar', [
      '-xzf',
      join(folder, stdout.trim().split('\n').at(-1) ?? ''),
      '-C',
      into,
      '--strip-components=1',
    ]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What the compiler says of the client of the page, written in TypeScript. */
  async function problemsIn(client: string): Promise<string[]> {
    const file = join(folder, 'client.ts');
    await writeFile(file, client.replace('./recorder.js', '@dovecote/replay-recorder'));
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      types: [],
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  }

  test('has types, which find a wrong option', async () => {
    // localStorage has null for what is not there.
    const client = recording.replace(
      /localStorage\.getItem\('(organization|token)'\)/g,
      "(localStorage.getItem('$1') ?? '')",
    );
    expect(await problemsIn(client)).toEqual([]);
    expect(await problemsIn(client.replace('mayRecord', 'mayrecord'))).toEqual([
      expect.stringContaining("'mayrecord' does not exist in type 'RecorderOptions'"),
    ]);
  });
});

test('the page names the policy that the specs play with, and the limits of the recorder', () => {
  const text = readFileSync(join(root, page.path), 'utf8');
  expect(text).toContain(`content-security-policy: ${PLAYER_POLICY}`);
  page.leave('npm run build', 'Jest builds before it runs a spec.', 'command');
  expect(page.untaken).toEqual([]);
});
