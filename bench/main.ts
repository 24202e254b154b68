// What "npm run bench" runs: each question of this folder, or those that are named ("npm run bench -- rpc").
// --write keeps the answers under bench/results, --seconds and --passes say how long to measure, --large adds the
// sizes that take minutes.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answerAuth } from './auth.js';
import { answerFanout } from './fanout.js';
import { answerHostile } from './hostile.js';
import { answerInbox } from './inbox.js';
import { answerOrm } from './orm.js';
import { answerRpc } from './rpc.js';
import { answerSaml } from './saml.js';
import { answerStart } from './start.js';
import { answerTenancy } from './tenancy.js';
import type { Effort } from './support/effort.js';
import { conditions } from './support/machine.js';
import { root } from './support/paths.js';
import { render, type Report } from './support/report.js';

const questions: Record<string, (effort: Effort) => Promise<Report>> = {
  start: answerStart,
  rpc: answerRpc,
  fanout: answerFanout,
  inbox: answerInbox,
  tenancy: answerTenancy,
  orm: answerOrm,
  saml: answerSaml,
  auth: answerAuth,
  hostile: answerHostile,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '3' },
    passes: { type: 'string', default: '3' },
    large: { type: 'boolean', default: false },
  },
});

const effort: Effort = {
  seconds: Number(values.seconds),
  passes: Number(values.passes),
  large: values.large,
};
for (const name of positionals.length > 0 ? positionals : Object.keys(questions)) {
  const answer = questions[name];
  if (!answer)
    throw new Error(`There is no question ${name}; there are ${Object.keys(questions).join(', ')}.`);
  const before = loadavg();
  const report = await answer(effort);
  const command = `npm run bench -- ${name} --seconds ${effort.seconds} --passes ${effort.passes}${effort.large ? ' --large' : ''}`;
  const text = render(report, conditions(command, before));
  process.stdout.write(`\n${text}`);
  if (values.write) await keep(name, text);
}

async function keep(name: string, text: string): Promise<void> {
  const folder = join(root, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.md`), text);
}
