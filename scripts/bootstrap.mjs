// What "npm start", "npm test", "npm run dovecote" and their like run, with any Node from 20 on and nothing
// installed yet: installs the packages, builds what changed, and hands over to the Node pinned in package.json.
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './lib/install.mjs';
import { pinnedNode, requireBootstrapNode } from './lib/node-runtime.mjs';
import { run } from './lib/run.mjs';
import { say, seconds, stop } from './lib/say.mjs';
import { isBuilt } from './lib/sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const server = ['--enable-source-maps', join(root, 'dist', 'main.js')];
const tasks = {
  start: [...server, 'serve'],
  dovecote: server,
  demo: [join(root, 'scripts/demo/main.mjs')],
  bench: ['--enable-source-maps', join(root, 'bench/dist/main.js')],
  test: [join(root, 'scripts/test.mjs')],
};

const [task, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task))
  stop(`Usage: node scripts/bootstrap.mjs ${Object.keys(tasks).join('|')} [arguments]`);

requireBootstrapNode();
await install(root);
const node = pinnedNode(root);
const env = {
  ...process.env,
  PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  // Compiled code is kept between starts: about a quarter of the time until the server answers.
  NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node'),
};
await build();
process.exit(await run(node, [...tasks[task], ...rest], { env }));

async function build() {
  if (isBuilt(root)) return;
  say('Building …');
  const code = await run(node, [join(root, 'scripts/build.mjs')], { cwd: root, env });
  if (code !== 0) stop('The build failed; the message is above.');
  say(`Built (${seconds()}).`);
}
