import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import { startWebSite, type WebFile, type WebSite } from './web-site.js';

const root = join(import.meta.dirname, '../..');
const pages = join(root, 'test/browser/recording');

/** The policy of docs/how-to/record-a-session.md: what the replay shows can only be in the recording. */
export const PLAYER_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'";

const script = (path: string): WebFile => ({
  type: 'text/javascript',
  content: readFileSync(join(root, path)),
});

/** The recorder as it is built, beside a page that has secrets everywhere. */
export function startShop(files: Readonly<Record<string, WebFile>> = {}): Promise<WebSite> {
  const shop = { type: 'text/html; charset=utf-8', content: readFileSync(join(pages, 'shop.html')) };
  return startWebSite(shop, 'shop.localhost', {
    '/recorder.js': script('libs/replay-recorder/dist/bundle.js'),
    '/rrweb.js': script('node_modules/@rrweb/record/dist/record.js'),
    '/shop.css': { type: 'text/css', content: '#open { color: #060; font-weight: bold; }' },
    ...files,
  });
}

/** Where recordings are played. */
export function startPlayer(
  policy?: string,
  files: Readonly<Record<string, WebFile>> = {},
): Promise<WebSite> {
  const headers: Record<string, string> = policy === undefined ? {} : { 'content-security-policy': policy };
  const player = { type: 'text/html', content: readFileSync(join(pages, 'player.html')), headers };
  return startWebSite(player, 'player.localhost', {
    '/player.js': script('test/browser/recording/player.js'),
    '/replay.js': script('node_modules/@rrweb/replay/dist/replay.js'),
    ...files,
  });
}

export interface Replay {
  page: Page;
  /** The replayed page. */
  frame: Frame;
  /** What the page and its frames asked for after the player was there, and what ran in them. */
  requests: string[];
  ran: string[];
}

/** Plays events to their end in a new page. */
export async function play(context: BrowserContext, player: WebSite, events: unknown): Promise<Replay> {
  const page = await context.newPage();
  await page.goto(player.origin, { waitUntil: 'networkidle' });
  const requests: string[] = [];
  const ran: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('dialog', (dialog) => {
    ran.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('popup', (popup) => ran.push(popup.url()));
  await page.evaluate(`window.play(${JSON.stringify(events)})`);
  await page.waitForLoadState('networkidle');
  const frame = page.frames()[1];
  if (!frame) throw new Error('The player shows nothing.');
  return { page, frame, requests, ran };
}

/** Catches what a recorder sends, and answers that it is stored. */
export async function catchChunks(page: Page): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  await page.route('**/dovecote.replay.v1.RecordingService/AddChunk', async (route) => {
    const body = route.request().postDataBuffer();
    if (body) chunks.push(body);
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization, content-type, connect-protocol-version',
      'content-type': 'application/proto',
    };
    await route.fulfill({ status: 200, headers, body: '' });
  });
  return chunks;
}

/** The JSON of the events in a chunk's request: gzip, or the text itself. */
export function eventsIn(request: Uint8Array): string {
  const bytes = Buffer.from(request);
  const gzip = bytes.indexOf(Buffer.from([0x1f, 0x8b, 0x08]));
  if (gzip >= 0) return gunzipSync(bytes.subarray(gzip)).toString();
  const text = bytes.toString();
  return text.slice(text.indexOf('['), text.lastIndexOf(']') + 1);
}

/** A page of a person, large enough for the shop. */
export function newContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width: 800, height: 700 } });
}
