import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CHUNK_LIMITS, maskEvents, readChunk, type ReplayEvent } from '@dovecote/replay';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import {
  catchChunks,
  eventsIn,
  newContext,
  play,
  PLAYER_POLICY,
  type Replay,
  startPlayer,
  startShop,
} from '../support/replays.js';
import type { WebSite } from '../support/web-site.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const pictures = process.env.SCREENSHOTS ?? join(tmpdir(), 'dovecote-screenshots');
const corpus = join(import.meta.dirname, '../../libs/replay/corpus');
/** What rrweb needs of it is 25 KB. */
const LARGEST_KB = 32;

let browser: Browser | undefined;
let context: BrowserContext;
let shop: WebSite;
let player: WebSite;

beforeAll(async () => {
  browser = await startChromium();
  if (!browser) return;
  context = await newContext(browser);
  shop = await startShop();
  player = await startPlayer(PLAYER_POLICY);
  await mkdir(pictures, { recursive: true });
});
afterAll(async () => {
  await browser?.close();
  await shop?.stop();
  await player?.stop();
});

/** As the server reads them. */
function masked(json: string): ReplayEvent[] {
  const limits = { ...CHUNK_LIMITS, earliestMs: Date.now() - 600_000, latestMs: Date.now() + 600_000 };
  const chunk = readChunk(json, limits);
  if (chunk.kind === 'refused') throw new Error(chunk.reason);
  return maskEvents(chunk.events).events;
}

/** Two frames: rrweb has seen what changed. */
const settle = 'new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))';

/** The shop while it is recorded, and what the recorder sends. */
async function recordShop(options = ''): Promise<{ page: Page; requests: Uint8Array[] }> {
  const page = await context.newPage();
  const requests = await catchChunks(page);
  await page.goto(shop.origin, { waitUntil: 'networkidle' });
  await page.evaluate(`import('/recorder.js').then(({ createRecorder }) => {
    const token = async () => 'token';
    window.recorder = createRecorder({ server: 'http://api.localhost:9', token, ${options} });
    recorder.start();
  })`);
  await eventually('the first chunk', async () => requests.length > 0);
  return { page, requests };
}

/** Writes and shows secrets everywhere. */
async function useShop(page: Page): Promise<void> {
  await page.fill('#name', 'SECRET-typed');
  await page.fill('#password', 'SECRET-password');
  await page.evaluate(`document.getElementById('password').type = 'text'`);
  await page.fill('#password', 'SECRET-password-shown');
  await page.fill('#note', 'SECRET-noted');
  await page.selectOption('#reason', { index: 0 });
  await page.uncheck('#ill');
  await page.click('#editor');
  await page.keyboard.type('SECRET-edited');
  await page.evaluate(`(() => {
    const find = (id) => document.getElementById(id);
    find('balance').textContent = 'SECRET-later';
    find('name').setAttribute('value', 'SECRET-attribute');
    find('note').textContent = 'SECRET-content';
    find('open').firstChild.data = 'Parcel 42 has arrived.';
    document.querySelector('.private').insertAdjacentHTML('beforeend', '<i title="SECRET-i">SECRET-added</i>');
    document.querySelector('form').insertAdjacentHTML('afterend', '<p id="added">Added openly</p>');
    find('dialog').showModal();
  })()`);
  await page.evaluate(settle);
}

describe('the recorder', () => {
  let page: Page;
  let sent: string[];
  let events: ReplayEvent[];
  let replay: Replay;

  beforeAll(async () => {
    if (!browser) return;
    const recorded = await recordShop();
    page = recorded.page;
    await useShop(page);
    await page.evaluate('recorder.stop()');
    sent = recorded.requests.map((request) => eventsIn(request));
    events = masked(`[${sent.map((json) => json.slice(1, -1)).join(',')}]`);
    replay = await play(context, player, events);
    await page.screenshot({ path: join(pictures, 'recorded.png') });
    await replay.page.screenshot({ path: join(pictures, 'replayed.png') });
  });

  test('takes no more of a page than its budget', () => {
    const bundle = readFileSync(join(import.meta.dirname, '../../libs/replay-recorder/dist/bundle.js'));
    expect(gzipSync(bundle).length / 1024).toBeLessThan(LARGEST_KB);
  });

  test('lets no secret leave the page, before the server masks', () => {
    if (!browser) return;
    expect(sent.join('')).toContain('Parcel 42');
    expect(sent.join('').match(/SECRET[-\w]*/g) ?? []).toEqual([]);
  });

  test('records what the server keeps as it is', () => {
    if (!browser) return;
    const left = sent.flatMap((json) => JSON.parse(json) as unknown[]);
    expect(JSON.parse(JSON.stringify(events))).toEqual(left);
  });

  test('replays the page as it was, without its secrets', async () => {
    if (!browser) return;
    const { frame } = replay;
    expect(await frame.locator('h1').innerText()).toBe('Your orders');
    expect(await frame.locator('#open').innerText()).toBe('Parcel 42 has arrived.');
    expect(await frame.locator('#added').innerText()).toBe('Added openly');
    expect(await frame.locator('#name').inputValue()).toBe('********');
    expect(await frame.locator('#ill').isChecked()).toBe(false);
    expect(await frame.locator('input[type=submit]').inputValue()).toBe('Send it');
    expect(await frame.locator('.private span').innerText()).toMatch(/^[* ]+$/);
    expect(await frame.evaluate(`document.querySelector('dialog').matches(':modal')`)).toBe(true);
    expect(await frame.evaluate(`document.querySelector('x-card').shadowRoot.textContent`)).toMatch(
      /^In the shadow[* ]+$/,
    );
    expect(await replay.page.frames()[2]?.locator('body').innerText()).toMatch(/^Inner text\s+\*+/);
    for (const shown of replay.page.frames()) expect(await shown.content()).not.toContain('SECRET');
    expect(await frame.locator('#link').getAttribute('href')).toBe(`${shop.origin}/reset/*`);
    expect(await frame.evaluate(`getComputedStyle(document.getElementById('open')).color`)).toBe(
      'rgb(0, 102, 0)',
    );
  });

  test('asks for nothing during the replay', () => {
    if (!browser) return;
    expect(replay.requests).toEqual([]);
    expect(replay.ran).toEqual([]);
  });

  test('gives a picture that differs where something is masked', async () => {
    if (!browser) return;
    const [before, after] = await Promise.all(
      [page, replay.page].map(async (shown) => (await shown.screenshot()).toString('base64')),
    );
    const compare = (x: number, y: number, width: number, height: number) =>
      replay.page.evaluate<{ differing: number; colours: number }>(
        `window.compare(${JSON.stringify(before)}, ${JSON.stringify(after)}, ${JSON.stringify({ x, y, width, height })})`,
      );
    const header = await compare(20, 20, 700, 50);
    expect(header.colours).toBeGreaterThan(3);
    expect(header.differing).toBeLessThan(0.01);
    const box = await page.locator('.private').first().boundingBox();
    const secret = await compare(box?.x ?? 0, box?.y ?? 0, 500, 40);
    expect(secret.colours).toBeGreaterThan(3);
    expect(secret.differing).toBeGreaterThan(0.02);
  });
});

describe('the recorder that masks all text', () => {
  test('sends none, and the page keeps its shape', async () => {
    if (!browser) return;
    const { requests, page } = await recordShop('maskAllText: true');
    await useShop(page);
    await page.evaluate('recorder.stop()');
    const json = `[${requests.map((request) => eventsIn(request).slice(1, -1)).join(',')}]`;
    expect(json).not.toMatch(/SECRET|Parcel|orders|Added|shadow|Inner|sure|Send/);
    const replay = await play(context, player, masked(json));
    await replay.page.screenshot({ path: join(pictures, 'replayed-all-masked.png') });
    expect(await replay.frame.locator('h1').innerText()).toMatch(/^[* ]+$/);
    expect(await replay.frame.locator('input').count()).toBe(5);
  });
});

describe('a recording of rrweb with its own settings, which masks little', () => {
  test.each([
    ['defaults', 'maskInputOptions: {}, recordCanvas: true'],
    [
      'everything',
      'inlineImages: true, collectFonts: true, checkoutEveryNth: 20, userTriggeredOnInput: true',
    ],
  ])('is masked by the server: %s', async (name, options) => {
    if (!browser) return;
    const page = await context.newPage();
    await page.goto(shop.origin, { waitUntil: 'networkidle' });
    await page.evaluate(`import('/rrweb.js').then(({ record }) => {
      window.events = [];
      record({ emit: (event) => events.push(event), ${options} });
    })`);
    await useShop(page);
    const raw = await page.evaluate<string>('JSON.stringify(events)');
    expect(new Set(raw.match(/SECRET[-\w]*/g)).size).toBeGreaterThan(20);
    const events = masked(raw);
    expect(JSON.stringify(events).match(/SECRET[-\w]*/g) ?? []).toEqual([]);
    const replay = await play(context, player, events);
    await replay.page.screenshot({ path: join(pictures, `replayed-${name}.png`) });
    expect(await replay.frame.locator('#open').innerText()).toBe('Parcel 42 has arrived.');
    expect(await replay.frame.locator('#added').innerText()).toBe('Added openly');
    expect(replay.requests).toEqual([]);
    // The recordings of libs/replay/src/corpus.spec.ts.
    if (process.env.CORPUS === 'write') await writeFile(join(corpus, `${name}.json`), raw);
  });
});
