import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CHUNK_LIMITS, maskEvents, readChunk } from '@dovecote/replay';
import type { Browser, BrowserContext } from 'playwright-core';
import fc from 'fast-check';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { newContext, play, PLAYER_POLICY, startPlayer } from '../support/replays.js';
import { startWebSite, type WebSite } from '../support/web-site.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const START = Date.now() - 60_000;

let browser: Browser | undefined;
let context: BrowserContext;
/** Hears of every request that a replay makes. */
let evil: WebSite;
/** As the documentation says, and as someone who has not read it. */
let guarded: WebSite;
let careless: WebSite;

beforeAll(async () => {
  browser = await startChromium();
  if (!browser) return;
  context = await newContext(browser);
  guarded = await startPlayer(PLAYER_POLICY);
  careless = await startPlayer();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([guarded, careless].map((site) => site?.stop()));
});
// Another one for each test: what the page of an earlier one has asked for may arrive late.
beforeEach(async () => {
  evil = await startWebSite('<script>parent.alert("ran")</script>', 'evil.localhost');
});
afterEach(() => evil.stop());

interface Node {
  type: number;
  id: number;
  tagName?: string;
  attributes?: Record<string, unknown>;
  childNodes?: Node[];
  textContent?: string;
  isSVG?: true;
}

let lastId = 10;
const element = (tagName: string, attributes: Record<string, unknown> = {}, ...childNodes: Node[]): Node => ({
  type: 2,
  id: ++lastId,
  tagName,
  attributes,
  childNodes,
});
const drawn = (tagName: string, attributes: Record<string, unknown>, ...childNodes: Node[]): Node => ({
  ...element(tagName, attributes, ...childNodes),
  isSVG: true,
});
const text = (textContent: string): Node => ({ type: 3, id: ++lastId, textContent });

/** A page that holds everything at once, and a change that adds it a second time. */
function recording(...nodes: Node[]): unknown[] {
  const body = { ...element('body', {}, element('p', {}, text('Hello'))), id: 4 };
  const html = { ...element('html', {}, { ...element('head'), id: 3 }, body), id: 2 };
  const page = { type: 0, id: 1, childNodes: [html] };
  const later = nodes.map((node) => ({ parentId: 4, nextId: null, node: withNewIds(node) }));
  body.childNodes?.push(...nodes);
  const change = (data: object) => ({ type: 3, data, timestamp: START + 100 });
  return [
    { type: 4, data: { href: 'https://shop.example/', width: 800, height: 600 }, timestamp: START },
    { type: 2, data: { node: page, initialOffset: { top: 0, left: 0 } }, timestamp: START },
    ...later
      .flatMap((add) => flat(add))
      .map((adds) => change({ source: 0, adds: [adds], texts: [], attributes: [], removes: [] })),
    change({
      source: 0,
      adds: [],
      texts: [],
      removes: [],
      attributes: [
        {
          id: 4,
          attributes: {
            style: { 'background-image': `url(${evil.origin}/style)` },
            onclick: 'parent.alert("ran")',
          },
        },
      ],
    }),
    { type: 3, data: { source: 3, id: 1, x: 0, y: 0 }, timestamp: START + 1_000 },
  ];
}

/** rrweb adds one node at a time, parents first. */
function flat(add: { parentId: number; nextId: null; node: Node }): object[] {
  const children = add.node.childNodes ?? [];
  const alone = { ...add, node: add.node.childNodes ? { ...add.node, childNodes: [] } : add.node };
  return [alone, ...children.flatMap((node) => flat({ parentId: add.node.id, nextId: null, node }))];
}

function withNewIds(node: Node): Node {
  return {
    ...node,
    id: ++lastId,
    ...(node.childNodes && { childNodes: node.childNodes.map((child) => withNewIds(child)) }),
  };
}

function asStored(events: unknown): unknown {
  const chunk = readChunk(JSON.stringify(events), { ...CHUNK_LIMITS, earliestMs: 0, latestMs: Date.now() });
  if (chunk.kind === 'refused') throw new Error(chunk.reason);
  expect(chunk.leftOut).toEqual([]);
  return maskEvents(chunk.events).events;
}

function attacks(): Node[] {
  const at = (path: string): string => `${evil.origin}/${path}`;
  const run = 'try { parent.alert("ran") } catch { top.alert("ran") }';
  return [
    element('script', { src: at('script') }, text(run)),
    drawn(
      'svg',
      {},
      drawn('script', { href: at('svg-script') }, text(run)),
      drawn('svg:script', {}, text(run)),
    ),
    element('img', { src: at('img'), srcset: `${at('srcset')} 1x`, onerror: run, onload: run }),
    element('img', { src: 'data:image/png;base64,x', onerror: run }),
    element(
      'picture',
      {},
      element('source', { srcset: at('source') }),
      element('img', { src: at('picture') }),
    ),
    element('iframe', { src: at('frame') }),
    element('iframe', { srcdoc: `<script>${run}</script><img src="${at('srcdoc')}" onerror='${run}'>` }),
    element('iframe', { src: `javascript:${run}` }),
    element('object', { data: at('object'), type: 'text/html' }),
    element('embed', { src: at('embed'), type: 'text/html' }),
    element('meta', { 'http-equiv': 'refresh', content: `0;url=${at('refresh')}` }),
    element('base', { href: at('base/') }),
    element('link', { rel: 'stylesheet', href: at('sheet') }),
    element('link', { rel: 'preload', as: 'image', href: at('preload') }),
    element('link', { rel: 'icon', href: at('icon') }),
    element('link', { rel: 'dns-prefetch', href: at('dns') }),
    element('link', { _cssText: `@import url(${at('link-import')});`, rel: 'stylesheet', href: at('link') }),
    element('style', { _cssText: `@import "${at('import')}"; p { background: url(${at('css')}) }` }),
    element(
      'style',
      { _cssText: String.raw`p{background:u/* rr_split */rl(${at('split')})}` },
      text(''),
      text(''),
    ),
    element('style', {}, text(String.raw`p { cursor: \75`), text(`rl(${at('pieces')}), auto }`)),
    element('style', {}, text(`@font-face { font-family: f; src: url(${at('font')}) } p { font-family: f }`)),
    element('style', {}, text(`p { background: image-set("${at('image-set')}" 1x) }`)),
    element('style', {}, text(`@namespace "${at('namespace')}"; p { list-style: url('${at('list')}') }`)),
    element('p', { style: `background: url(${at('inline')})` }, text('styled')),
    element('table', { background: at('table') }),
    element(
      'video',
      { src: at('video'), poster: at('poster'), autoplay: '' },
      element('track', { src: at('track') }),
    ),
    element('audio', { src: at('audio'), rr_mediaState: 'played' }),
    element('input', { type: 'image', src: at('input') }),
    element('form', { action: at('form') }, element('button', { formaction: at('formaction') })),
    element('a', { href: `javascript:${run}`, ping: at('ping') }, text('link')),
    drawn(
      'svg',
      {},
      drawn('image', { href: at('svg-image'), 'xlink:href': at('xlink') }),
      drawn('use', { href: at('use#x') }),
    ),
    drawn(
      'svg',
      {},
      drawn('rect', {
        fill: `url(${at('fill')}#x)`,
        filter: `url(${at('filter')}#x)`,
        width: '9',
        height: '9',
      }),
    ),
    drawn(
      'svg',
      {},
      drawn('image', {}, drawn('set', { attributeName: 'href', to: at('set') })),
      drawn('foreignObject', {}, element('img', { src: at('foreign') })),
    ),
    drawn('svg', { onload: run }, drawn('animate', { onbegin: run, attributeName: 'x', dur: '1s' })),
    element('details', { open: '', ontoggle: run }),
    element('body', { background: at('body'), onload: run }),
  ];
}

describe('a recording that attacks', () => {
  test('succeeds where neither the server masks nor the player is guarded: the attacks are real', async () => {
    if (!browser) return;
    const { page } = await play(context, careless, recording(...attacks()));
    const expected =
      '/sheet /import /pieces /srcset /inline /fill /video /style /embed /object /frame /srcdoc /font /image-set';
    await eventually('the attacks succeed', async () => {
      expect(expected.split(' ').filter((path) => !evil.requests.includes(path))).toEqual([]);
      return true;
    });
    await page.close();
  });

  test.each(['the documented player', 'a careless player'])(
    'asks for nothing and runs nothing as it is stored: %s',
    async (name) => {
      if (!browser) return;
      const player = name === 'a careless player' ? careless : guarded;
      const { page, frame, requests, ran } = await play(context, player, asStored(recording(...attacks())));
      expect(await frame.locator('p').first().innerText()).toBe('Hello');
      expect(await frame.locator('p', { hasText: 'styled' }).count()).toBe(2);
      await page.close();
      expect(requests).toEqual([]);
      expect(evil.requests).toEqual([]);
      expect(ran).toEqual([]);
    },
  );

  test('reaches no one through the documented player, even where the server had masked nothing', async () => {
    if (!browser) return;
    const { page, ran } = await play(context, guarded, recording(...attacks()));
    await page.close();
    expect(evil.requests).toEqual([]);
    expect(ran).toEqual([]);
  });
});

describe('style sheets of any tokens', () => {
  const token = fc.constantFrom(
    ...[
      'url(',
      'u',
      'rl(',
      'src(',
      'image-set(',
      '@import ',
      '@im',
      'port ',
      '"',
      "'",
      '\\',
      '/*',
      '*/',
      '/',
    ],
    ...[
      ')',
      '{',
      '}',
      ';',
      '\n',
      ' ',
      '\\75',
      '\\72 ',
      '-',
      '\u2003',
      '\u00a0',
      '\u200b',
      'ADDRESS',
      'url(ADDRESS)',
      'rl(ADDRESS)',
    ],
  );
  const begin = fc.constantFrom('.SAMPLE{background:', '@import ', '.SAMPLE{background:u', '');
  const piece = fc.array(token, { maxLength: 6 }).map((tokens) => tokens.join(''));
  const sheet = fc
    .tuple(begin, fc.array(piece, { minLength: 1, maxLength: 3 }))
    .map(([first, pieces]) => [first, ...pieces]);

  test('load nothing in Chromium, in one text node or several', async () => {
    if (!browser) return;
    const nodes = fc.sample(sheet, { numRuns: 3_000, seed: 1805 }).flatMap((pieces, index) => {
      const written = (css: string): string =>
        css.replaceAll('SAMPLE', `s${index}`).replaceAll('ADDRESS', `${evil.origin}/fuzz${index}`);
      const texts = pieces.map((css) => text(written(css)));
      return [element('style', {}, ...texts), element('i', { class: `s${index}` }, text('x'))];
    });
    const events = recording(...nodes).slice(0, 2);
    const raw = await play(context, careless, events);
    await eventually('as they are, many load something', async () => new Set(evil.requests).size > 20);
    await raw.page.close();
    const masked = await play(context, careless, asStored(events));
    await masked.page.close();
    expect(masked.requests).toEqual([]);
  });
});
