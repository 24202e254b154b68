// Records what the unmodified SDKs send. They are not on npm: clone https://github.com/pug-sh/sdk-browser and sdk-node into
// one folder and build them, then:
//   node test/protocol/sdk-traffic/record.mjs FOLDER SERVER_URL PUBLIC_KEY PRIVATE_KEY
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as call } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [folder, server, publicKey, privateKey] = process.argv.slice(2);
/** What each sender makes itself. */
const unsaid = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);
let requests = [];

const listen = (handler) =>
  new Promise((resolve) => {
    const listener = createServer(handler).listen(0, '127.0.0.1', () =>
      resolve({ listener, url: `http://127.0.0.1:${listener.address().port}` }),
    );
  });

const proxy = await listen(async (incoming, answer) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !unsaid.has(name)));
  const { method, url } = incoming;
  requests.push({
    method,
    path: hidden(url),
    headers: JSON.parse(hidden(JSON.stringify(headers))),
    body: body.toString('base64'),
  });
  const onward = call(new URL(url, server), { method, headers });
  onward.on('response', (response) => {
    console.log(method, hidden(url), response.statusCode);
    answer.writeHead(response.statusCode, response.headers);
    response.pipe(answer);
  });
  onward.end(body);
});

/** The keys of the recording are not those of a replay. */
function hidden(text) {
  return text.replaceAll(publicKey, '{public}').replaceAll(privateKey, '{private}');
}

function keep(sdk) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, sdk, 'package.json'), 'utf8'));
  const recording = { sdk: name, version, license, recordedAt: new Date().toISOString(), requests };
  writeFileSync(new URL(`${sdk}.json`, import.meta.url), `${JSON.stringify(recording, null, 2)}\n`);
  requests = [];
}

const { Pug } = await import(pathToFileURL(join(folder, 'sdk-node/dist/index.js')).href);
const pug = new Pug({ apiKey: privateKey, endpoint: proxy.url });
await pug.identify('ada@shop.example', { name: 'Ada', plan: 'pro', seats: 3 });
pug.track('ada@shop.example', 'order.completed', { amount: 49.5, currency: 'EUR', express: true, items: 2 });
pug.track('ada@shop.example', 'report.exported', { format: 'pdf' });
await pug.close();
keep('sdk-node');

const sdk = readFileSync(join(folder, 'sdk-browser/dist/cdn/pug.min.js'));
const pageOf = (
  consent,
) => `<!doctype html><title>Shop</title><button id=b>Buy</button><script src="/pug.min.js"></script>
<script>pug.init('project', { apiKey: '${publicKey}', endpoint: '${proxy.url}', trackingConsent: { initial: '${consent}' } });</script>`;
const site = await listen((incoming, answer) =>
  incoming.url.startsWith('/pug')
    ? answer.setHeader('content-type', 'text/javascript').end(sdk)
    : answer
        .setHeader('content-type', 'text/html')
        .end(pageOf(incoming.url.includes('cookieless') ? 'cookieless' : 'granted')),
);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox'],
});
const context = await browser.newContext({
  userAgent:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
});
const origin = site.url.replace('127.0.0.1', 'shop.localhost');
const known = await context.newPage();
await known.goto(`${origin}/products?utm_source=google&utm_medium=cpc&utm_campaign=spring`);
await known.evaluate(`pug.identify('ada@shop.example', { name: 'Ada', plan: 'pro' })`);
await known.evaluate(`pug.track('signup', { plan: 'pro' })`);
await sleep(7000);
await known.evaluate(`for (let i = 0; i < 4; i += 1) pug.track('beaconed', { i })`);
await known.close();
await sleep(2000);
const unknown = await context.newPage();
await unknown.goto(`${origin}/cookieless`);
await unknown.waitForLoadState();
await sleep(7000);
await unknown.close();
await sleep(2000);
await browser.close();
keep('sdk-browser');
process.exit();
