// What "npm run bench" runs: each question of this folder, or those that are named ("npm run bench -- rpc").
// --write keeps the answers under bench/results, --seconds and --passes say how long to measure, --large adds the
// sizes that take minutes, --millions says how many events are asked about, --events how many of them one person has, and
// --profiles how many people are listed.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answerActivity } from './activity.js';
import { answerAuth } from './auth.js';
import { answerBackup } from './backup.js';
import { answerEventPipeline } from './event-pipeline.js';
import { answerFairness } from './fairness.js';
import { answerFanout } from './fanout.js';
import { answerFeed } from './feed.js';
import { answerGrowth } from './growth.js';
import { answerHeatmap } from './heatmap.js';
import { answerHostile } from './hostile.js';
import { answerInbox } from './inbox.js';
import { answerIngest } from './ingest.js';
import { answerBoards } from './boards.js';
import { answerInsights } from './insights.js';
import { answerOrm } from './orm.js';
import { answerProfiles } from './profiles.js';
import { answerReplay } from './replay.js';
import { answerRpc } from './rpc.js';
import { answerSaml } from './saml.js';
import { answerStart } from './start.js';
import { answerTenancy } from './tenancy.js';
import { answerWorkflow } from './workflow.js';
import type { Effort } from './support/effort.js';
import { conditions } from './support/machine.js';
import { root } from './support/paths.js';
import { render, type Report } from './support/report.js';

interface Question {
  readonly asks: string;
  readonly answer: (effort: Effort) => Promise<Report>;
  /** The options that say how large it is, with the values whose answers are kept under the name of the question. */
  readonly sizes?: Readonly<Record<string, string>>;
}

const questions: Readonly<Record<string, Question>> = {
  start: { asks: 'seconds until the server answers, and memory at rest', answer: answerStart },
  rpc: { asks: 'the cost of a call, against a server written by hand and others', answer: answerRpc },
  fairness: { asks: 'Sync of an organization while another one is busy', answer: answerFairness },
  fanout: { asks: 'recipients a second, against the same rows written by hand', answer: answerFanout },
  feed: { asks: 'the cost of noting what happens to deliveries', answer: answerFeed },
  growth: {
    asks: 'waiting behind campaigns, acknowledgements of many organizations, and fetching beside a backlog',
    answer: answerGrowth,
  },
  workflow: { asks: 'a campaign of five steps, against as many empty jobs', answer: answerWorkflow },
  inbox: { asks: 'the cost of Sync by the length of the inbox', answer: answerInbox },
  tenancy: { asks: 'the cost of row-level security', answer: answerTenancy },
  orm: { asks: 'the cost of entities and of named statements', answer: answerOrm },
  saml: { asks: 'logins through SAML a second', answer: answerSaml },
  auth: { asks: 'the cost of each kind of credential', answer: answerAuth },
  'event-pipeline': { asks: 'the cost of an event up to the queue', answer: answerEventPipeline },
  ingest: { asks: 'events a second, and when they can be asked about', answer: answerIngest },
  insights: {
    asks: 'the cost of an answer of analytics, against SQL by hand',
    answer: answerInsights,
    sizes: { millions: '1,10' },
  },
  boards: {
    asks: 'the cost of a board of twelve tiles, against SQL by hand',
    answer: answerBoards,
    sizes: { millions: '1,10' },
  },
  activity: {
    asks: 'the cost of feeds of events, against SQL by hand',
    answer: answerActivity,
    sizes: { millions: '1', events: '100000' },
  },
  profiles: {
    asks: 'the cost of lists of people, against SQL by hand',
    answer: answerProfiles,
    sizes: { profiles: '1000000' },
  },
  backup: {
    asks: 'the speed of backup and restore, against copies by hand',
    answer: answerBackup,
    sizes: { millions: '10' },
  },
  heatmap: { asks: 'the cost of a heat map of ten million touches', answer: answerHeatmap },
  replay: { asks: 'chunks of recordings a second, and memory', answer: answerReplay },
  hostile: { asks: 'the cost of requests that are refused', answer: answerHostile },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '1' },
    passes: { type: 'string', default: '3' },
    large: { type: 'boolean', default: false },
    millions: { type: 'string' },
    events: { type: 'string' },
    profiles: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const help = `npm run bench -- [question …] [--write] [--seconds 1] [--passes 3] [--large] [--millions 1,10] [--events 100000] [--profiles 1000000]

${Object.entries(questions)
  .map(([name, { asks }]) => `  ${name.padEnd(16)}${asks}`)
  .join('\n')}

Without a question, all of them. --write keeps the answers in bench/results, --seconds and --passes say how long to
measure, --large adds the sizes and peers that take minutes. --millions says how many events insights, boards and activity
ask about, --events how many of them the person of activity has, --profiles how many people there are to be listed.
`;

if (values.help) {
  process.stdout.write(help);
  process.exit();
}
for (const name of positionals.length > 0 ? positionals : Object.keys(questions)) {
  const question = questions[name];
  if (!question)
    throw new Error(`There is no question ${name}; there are ${Object.keys(questions).join(', ')}.`);
  const { sizes = {} } = question;
  const given: Readonly<Record<string, string>> = Object.fromEntries(
    Object.entries(sizes).map(([size, usual]) => [size, sizeOf(size) ?? usual]),
  );
  const effort: Effort = {
    seconds: Number(values.seconds),
    passes: Number(values.passes),
    large: values.large,
    millions: (given.millions ?? '').split(',').map(Number),
    events: Number(given.events),
    profiles: Number(given.profiles),
  };
  const before = loadavg();
  const report = await question.answer(effort);
  const options = Object.entries(given).map(([size, value]) => ` --${size} ${value}`);
  const command = `npm run bench -- ${name} --seconds ${effort.seconds} --passes ${effort.passes}${effort.large ? ' --large' : ''}${options.join('')}`;
  const text = render(report, conditions(command, before));
  process.stdout.write(`\n${text}`);
  const unusual = Object.entries(given).filter(([size, value]) => value !== sizes[size]);
  if (values.write) await keep([name, ...unusual.map(([, value]) => value)].join('-'), text);
}

function sizeOf(size: string): string | undefined {
  return { millions: values.millions, events: values.events, profiles: values.profiles }[size];
}

async function keep(name: string, text: string): Promise<void> {
  const folder = join(root, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.md`), text);
}
