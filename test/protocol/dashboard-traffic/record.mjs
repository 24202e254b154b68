// Records what the unmodified dashboard application sends. It is not on npm: clone https://github.com/pug-sh/app and build it with
// VITE_API_BASE_URL=http://127.0.0.1:3300 and VITE_DEMO_ENABLED=true, then start a server on an empty folder and record:
//   PORT=3301 SIGN_UP=open PASSWORDS=on RECENT_SIGN_IN_MINUTES=60 DASHBOARD_URL=http://127.0.0.1:4300 \
//     DASHBOARD_DEMO_EMAIL=demo@store.example DATA_DIR=/tmp/recorded node dist/main.js
//   node test/protocol/dashboard-traffic/record.mjs JOURNEY FOLDER http://127.0.0.1:3301 SCREENSHOTS
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { fieldsOf } from './fields.mjs';
import { journeys } from './journeys.mjs';
import { listen, Recording } from './recording.mjs';
import { addressesAt } from './stage.mjs';

const [name, folder, server, screenshots = '/tmp/dashboard-screenshots'] = process.argv.slice(2);
const { domain, play } = journeys[name];
const built = join(folder, 'dist');
const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html' };

const recordedAt = Date.now();
const recording = new Recording();
const proxy = await listen(recording, 3300, server);
const site = createServer(({ url }, answer) => {
  const asked = join(built, new URL(url, 'http://site').pathname);
  const file = extname(asked) && existsSync(asked) ? asked : join(built, 'index.html');
  answer.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  answer.end(readFileSync(file));
});
await new Promise((resolve) => site.listen(4300, '127.0.0.1', resolve));
mkdirSync(screenshots, { recursive: true });
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox'],
});

const complaints = [];
try {
  await play({
    addresses: addressesAt(domain),
    recording,
    recordedAt,
    browser,
    server,
    screenshots,
    complaints,
    origin: 'http://127.0.0.1:4300',
  });
} catch (error) {
  console.log(error);
  // What was done to the end is kept.
  recording.parts.pop();
} finally {
  await browser.close();
  site.close();
  proxy.close();
  for (const line of [...recording.failures, ...complaints]) console.log('!!', line);
}

const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const application = 'https://github.com/pug-sh/app';
const journey = {
  application,
  license,
  recordedAt: new Date(recordedAt).toISOString(),
  parts: recording.parts,
};
const fields = Object.fromEntries(
  [...recording.answers]
    .sort()
    .map(([path, answers]) => [path.slice(1), [...new Set(answers.flatMap((one) => fieldsOf(one)))].sort()]),
);
const text = JSON.stringify(journey);
// A request a line.
write(`${name}.json`, text.replaceAll(/(?<=[[,])(?=\{"(?:name|method|act)":)/g, '\n'));
write(`${name}-fields.json`, JSON.stringify(fields, null, 1));
console.log(recording.parts.map(({ name: part, requests }) => `${requests.length} ${part}`).join('\n'));
console.log(
  'not replaced:',
  text.match(/[\da-f]{8}-[\da-f]{4}-[\da-f-]{22}|ey[\w-]+\.ey[\w.-]+|pub_\w+|prv_\w+/g) ?? 'nothing',
);

function write(file, content) {
  writeFileSync(new URL(file, import.meta.url), `${content}\n`);
}
