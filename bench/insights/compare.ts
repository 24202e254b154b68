import type { ClickHouseClient } from '@clickhouse/client';
import type { Client } from 'pg';
import type { InsightQuery } from '../../src/modules/analytics/insight/insight-query.js';
import { cpuMicros } from '../support/process-usage.js';
import { median } from '../support/statistics.js';
import type { Evaluator } from './evaluator.js';
import { handSql } from './hand.js';
import { postgresSql } from './postgres.js';
import { type Asked, cellsOfResult, cellsOfRows, expectSameCells, questions } from './questions.js';

/** A quick statement runs so often that its time is longer than the clock of processor time is coarse. */
const LEAST_MS = 300;
const MOST_RUNS = 10;

/** What one answer takes, in milliseconds. */
interface Cost {
  readonly wall: number;
  /** Processor time of the engine. */
  readonly cpu: number;
}

export interface Compared {
  readonly asked: Asked;
  readonly merge: boolean;
  readonly ours: Cost;
  readonly hand: Cost;
  /** Milliseconds that PostgreSQL took, where it was asked. */
  readonly postgres?: number;
}

export interface Contestants {
  readonly evaluator: Evaluator;
  readonly client: ClickHouseClient;
  readonly project: number;
  /** Process of the engine. */
  readonly engine: number;
  /** Holds the same rows; absent: it is not compared. */
  readonly postgres?: Client;
}

/**
 * Every kind of question, asked of the product and by hand, in turns: medians of the passes. The first answers are
 * compared with each other and do not count otherwise. Identities: each id a person, or merged.
 */
export async function compare(contestants: Contestants, merge: boolean, passes: number): Promise<Compared[]> {
  const statements = handSql(contestants.project, merge);
  const compared: Compared[] = [];
  // The keys are those of the questions.
  for (const [asked, query] of Object.entries(questions(merge)) as [Asked, InsightQuery][])
    compared.push(
      await compareOne(contestants, { asked, merge, query, statement: statements[asked] }, passes),
    );
  return compared;
}

interface Question {
  readonly asked: Asked;
  readonly merge: boolean;
  readonly query: InsightQuery;
  readonly statement: string;
}

async function compareOne(
  { evaluator, client, engine, postgres }: Contestants,
  { asked, merge, query, statement }: Question,
  passes: number,
): Promise<Compared> {
  process.stderr.write(`${asked}${merge ? ', merged' : ''} …\n`);
  const begin = performance.now();
  const answer = cellsOfResult(await evaluator.answer(query));
  const took = performance.now() - begin;
  expectSameCells(asked, answer, cellsOfRows(await handRows(client, statement)));
  const runs = Math.min(MOST_RUNS, Math.ceil(LEAST_MS / took));
  const [ours, hand]: [Cost[], Cost[]] = [[], []];
  for (let pass = 1; pass <= passes; pass++) {
    ours.push(await cost(engine, runs, () => evaluator.answer(query)));
    hand.push(await cost(engine, runs, () => handRows(client, statement)));
  }
  const middle = (costs: readonly Cost[]): Cost => ({
    wall: median(costs.map(({ wall }) => wall)),
    cpu: median(costs.map(({ cpu }) => cpu)),
  });
  const [mine, theirs] = [middle(ours), middle(hand)];
  process.stderr.write(
    `  ${mine.cpu.toFixed(0)} CPU ms, by hand ${theirs.cpu.toFixed(0)}: ${(mine.cpu / theirs.cpu).toFixed(2)} ×\n`,
  );
  const inPostgres = postgres && !merge && { client: postgres, statement: postgresSql()[asked] };
  return {
    ...{ asked, merge, ours: mine, hand: theirs },
    ...(inPostgres && { postgres: await askPostgres(inPostgres, asked, answer) }),
  };
}

/** Milliseconds of the second answer: the first one is compared. */
async function askPostgres(
  { client, statement }: { client: Client; statement: string },
  asked: Asked,
  answer: ReadonlyMap<string, number>,
): Promise<number> {
  const ask = () => client.query<unknown[]>({ text: statement, rowMode: 'array' });
  expectSameCells(`${asked}, PostgreSQL`, answer, cellsOfRows((await ask()).rows));
  const begin = performance.now();
  await ask();
  return performance.now() - begin;
}

async function handRows(client: ClickHouseClient, query: string): Promise<unknown[][]> {
  const answer = await client.query({ query, format: 'JSONCompactEachRow' });
  return answer.json<unknown[]>();
}

async function cost(engine: number, runs: number, work: () => Promise<unknown>): Promise<Cost> {
  const [begin, before] = [performance.now(), cpuMicros(engine)];
  for (let run = 0; run < runs; run++) await work();
  return {
    wall: (performance.now() - begin) / runs,
    cpu: (cpuMicros(engine) - before) / 1_000 / runs,
  };
}
