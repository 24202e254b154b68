// How many events does the whole product take in a second, when can they be asked about, and what does that cost?
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Client } from 'pg';
import { insertBare, linesOf } from './ingest/bare.js';
import { countedTotal } from './ingest/counted.js';
import { Generator } from './ingest/generator-process.js';
import type { Contract, Delivery } from './ingest/shape.js';
import { Lookout } from './ingest/sightings.js';
import { AT_REST_MS, type Bare, type Delays, report, type Run } from './ingest/tables.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { connectTo, engineOf } from './support/engine.js';
import { type ByProcess, combine, ProductProcesses } from './support/product-processes.js';
import { type BenchProject, createProject } from './support/project.js';
import type { Report } from './support/report.js';
import { percentile } from './support/statistics.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

/** A pass lasts so many times the effort's seconds: a block of the drain takes half a second. */
const LONG = 10;
const BATCH = 100;
const LARGE_BATCH = 1_000;
/** The largest blocks of the drain. */
const BLOCK = 50_000;
/** Events a second at which the delay is measured, as far as the product can take them. */
const rates = [2_500, 5_000, 10_000];
/** Beyond this share of what the product can take, its queue only grows. */
const BELOW_SATURATION = 0.85;

interface Stage {
  readonly server: Dovecote;
  readonly owner: Client;
  readonly client: ClickHouseClient;
  readonly generator: Generator;
  readonly processes: ProductProcesses;
  readonly projects: Readonly<Record<Contract, BenchProject>>;
  /** Events that were accepted, by the number of their project. */
  readonly accepted: Map<number, number>;
  peak: ByProcess;
}

export async function answerIngest(effort: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    const generator = new Generator();
    try {
      const projects = {
        'sdk.events.v1': await createProject(owner, 'Shipped'),
        'events.v1': await createProject(owner, 'Documented'),
      };
      await startEngine(server, projects['events.v1']);
      const client = connectTo(await engineOf(dataDir));
      const processes = ProductProcesses.of(server.pid);
      const stage: Stage = {
        ...{ server, owner, client, generator, processes, projects, accepted: new Map() },
        peak: processes.memory(),
      };
      const answer = await answerOn(stage, effort);
      await client.close();
      return answer;
    } finally {
      generator.stop();
      await owner.end();
      await server.stop();
    }
  });
}

/** A question starts the engine, as the first event would. */
async function startEngine({ url }: Dovecote, project: BenchProject): Promise<void> {
  const total = await countedTotal(url, project);
  if (total !== 0) throw new Error(`A new project has ${total} events.`);
}

async function answerOn(stage: Stage, effort: Effort): Promise<Report> {
  await delay(AT_REST_MS);
  const fresh = stage.processes.memory();
  const seconds = effort.seconds * LONG;
  // The first passes compile the code of the server, and do not count.
  for (const contract of ['sdk.events.v1', 'events.v1'] as const)
    await saturate(stage, contract, BATCH, seconds / 2);
  const runs: Run[] = [];
  for (let pass = 1; pass <= effort.passes; pass++) {
    process.stderr.write(`Pass ${pass} of ${effort.passes} …\n`);
    for (const contract of ['sdk.events.v1', 'events.v1'] as const)
      runs.push(await saturate(stage, contract, BATCH, seconds));
  }
  const limit = Math.min(...runs.map(({ throughput }) => throughput));
  const delays: Delays[] = [];
  const possible = rates.filter((one) => one <= limit * BELOW_SATURATION);
  // A machine that is busy or small: half of what it can take.
  for (const rate of possible.length > 0 ? possible : [Math.floor(limit / 2 / BATCH) * BATCH])
    delays.push(await keepRate(stage, rate, seconds * 2));
  const large: Run[] = [];
  const small: Bare[] = [];
  const whole: Bare[] = [];
  for (let pass = 1; pass <= effort.passes; pass++) {
    const run = await saturate(stage, 'sdk.events.v1', LARGE_BATCH, seconds);
    large.push(run);
    const lines = await linesOf(stage.client, stage.projects['sdk.events.v1'].number, run.accepted);
    small.push(await bareInserts(stage, lines, LARGE_BATCH));
    whole.push(await bareInserts(stage, lines, BLOCK));
  }
  const total = await expectEveryEvent(stage);
  await delay(AT_REST_MS);
  const memory = { fresh, peak: stage.peak, after: stage.processes.memory() };
  return report({
    runs,
    delays,
    large,
    bare: { small, whole },
    memory,
    total,
    limit,
    rates,
    seconds,
    passes: effort.passes,
  });
}

/** As many batches as the product answers, until a query finds the last one. */
async function saturate(stage: Stage, contract: Contract, size: number, seconds: number): Promise<Run> {
  const { lookout, order } = prepare(stage, contract, size);
  const { result, cpu, peak } = await stage.processes.during(async () => {
    const delivery = await stage.generator.deliver({ ...order, seconds });
    return { delivery, seen: await lookout.find(delivery.answeredAt.length, { often: false }) };
  });
  note(stage, contract, result.delivery, peak);
  const { delivery, seen } = result;
  return {
    ...{ contract, size, cpu, accepted: delivery.accepted, generatorMicros: delivery.cpuMicros },
    acceptance: perSecond(delivery, Math.max(...delivery.answeredAt)),
    throughput: perSecond(delivery, Math.max(...seen.values())),
    latency: latencyOf(delivery.latencies),
  };
}

/** Batches at a steady rate, while each one is looked for. */
async function keepRate(stage: Stage, rate: number, seconds: number): Promise<Delays> {
  const { lookout, order } = prepare(stage, 'sdk.events.v1', BATCH);
  const { result, cpu, peak } = await stage.processes.during(async () => {
    const watching = lookout.watch();
    const delivery = await stage.generator.deliver({ ...order, seconds, rate: rate / BATCH });
    const seen = await lookout.find(delivery.answeredAt.length, { often: true });
    lookout.stop();
    await watching;
    return { delivery, seen };
  });
  note(stage, 'sdk.events.v1', result.delivery, peak);
  const { delivery, seen } = result;
  const delays = delivery.answeredAt.map((at, number) => (seen.get(number) ?? NaN) - at);
  return {
    rate,
    cpu,
    accepted: delivery.accepted,
    seen: latencyOf(delays),
    latency: latencyOf(delivery.latencies),
  };
}

async function bareInserts(
  { client, processes }: Stage,
  lines: readonly string[],
  block: number,
): Promise<Bare> {
  const { result, cpu } = await processes.during(() => insertBare(client, lines, block));
  return { ...result, engineMicros: cpu.engine };
}

function prepare({ server, client, projects }: Stage, contract: Contract, size: number) {
  const project = projects[contract];
  const mark = randomBytes(4).toString('hex');
  const headers = contract === 'sdk.events.v1' ? project.public : project.sdk;
  return {
    lookout: new Lookout(client, project.number, mark),
    order: { port: server.port, contract, headers, size, mark },
  };
}

function note(stage: Stage, contract: Contract, { accepted, answeredAt }: Delivery, peak: ByProcess): void {
  if (answeredAt.some((at) => !(at > 0))) throw new Error('A batch was not answered.');
  const { number } = stage.projects[contract];
  stage.accepted.set(number, (stage.accepted.get(number) ?? 0) + accepted);
  stage.peak = combine(stage.peak, peak, Math.max);
}

/** Throws unless the product counts exactly the events that it accepted. Returns their number. */
async function expectEveryEvent({ server, owner, projects, accepted }: Stage): Promise<number> {
  const { rows } = await owner.query<{ waiting: string }>(
    `select (select count(*) from ingest_batch) + (select count(*) from ingest_dead_letter) as waiting`,
  );
  if (rows[0]?.waiting !== '0') throw new Error(`${rows[0]?.waiting} batches are not in the engine.`);
  for (const project of Object.values(projects)) {
    const [total, sent] = [await countedTotal(server.url, project), accepted.get(project.number)];
    if (total !== sent) throw new Error(`${sent} events were accepted, ${total} are counted.`);
  }
  return [...accepted.values()].reduce((sum, events) => sum + events, 0);
}

function perSecond({ accepted, beganAt }: Delivery, endedAt: number): number {
  return accepted / ((endedAt - beganAt) / 1_000);
}

function latencyOf(values: readonly number[]): Delays['latency'] {
  const sorted = Float64Array.from(values).sort();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), worst: sorted.at(-1) ?? NaN };
}
