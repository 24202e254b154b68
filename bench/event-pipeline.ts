// What does an event cost between its message and the row of the queue?
import { randomUUID } from 'node:crypto';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import {
  type BatchCreateRequest,
  BatchCreateRequestSchema,
} from '@dovecote/contract/sdk/events/v1/events_pb';
import type * as batchBodyModule from '../src/modules/analytics/event/batch-body.js';
import type * as enrichmentModule from '../src/modules/analytics/event/enrichment.rules.js';
import type * as eventRowModule from '../src/modules/analytics/event/event-row.rules.js';
import type * as shippedEventModule from '../src/modules/analytics/event/shipped-event.mapper.js';
import type * as userAgentModule from '../src/modules/analytics/event/user-agent.js';
import type * as agentRulesModule from '../src/modules/analytics/event/user-agent.rules.js';
import type { Effort } from './support/effort.js';
import { batchOf, userAgent } from './support/event-batch.js';
import { product } from './support/product.js';
import { figure, type Report } from './support/report.js';

const sizes = [1, 20, 100, 1_000];

/** A step of the way; what it returns is what the next one takes. */
interface Step {
  readonly name: string;
  readonly run: (input: never) => unknown;
}

const context = { project: 7, batchId: randomUUID(), receivedAt: new Date(), retentionDays: null };

type Draft = ReturnType<typeof shippedEventModule.draftsOfShipped>[number];
type Row = ReturnType<typeof eventRowModule.rowOf>;
type Body = ReturnType<typeof batchBodyModule.encodeBody>;

async function stepsOfProduct(): Promise<Step[]> {
  const folder = 'modules/analytics/event';
  const { draftsOfShipped } = await product<typeof shippedEventModule>(`${folder}/shipped-event.mapper.js`);
  const { enrich } = await product<typeof enrichmentModule>(`${folder}/enrichment.rules.js`);
  const { recognizedAgent } = await product<typeof userAgentModule>(`${folder}/user-agent.js`);
  const { agentProperties } = await product<typeof agentRulesModule>(`${folder}/user-agent.rules.js`);
  const { rowOf } = await product<typeof eventRowModule>(`${folder}/event-row.rules.js`);
  const { encodeBody } = await product<typeof batchBodyModule>(`${folder}/batch-body.js`);
  return [
    { name: 'decode the message', run: (bytes: Uint8Array) => fromBinary(BatchCreateRequestSchema, bytes) },
    { name: 'validate and map', run: (message: BatchCreateRequest) => draftsOfShipped(message) },
    {
      name: 'enrich',
      run: (drafts: readonly Draft[]) => {
        const assumed = agentProperties(recognizedAgent(userAgent), 'shipped');
        const known = new Map();
        for (const { properties } of drafts) enrich(properties, { certain: new Map(), assumed }, known);
        return drafts;
      },
    },
    { name: 'make rows', run: (drafts: readonly Draft[]) => drafts.map((draft) => rowOf(draft, context)) },
    { name: 'write and compress', run: (rows: readonly Row[]) => encodeBody(rows) },
  ];
}

export async function answerEventPipeline({ seconds, passes }: Effort): Promise<Report> {
  const steps = await stepsOfProduct();
  const rows: string[][] = [];
  for (const size of sizes) {
    const bytes = toBinary(BatchCreateRequestSchema, batchOf(size));
    measure(steps, bytes, size, seconds);
    const measured = Array.from({ length: passes }, () => measure(steps, bytes, size, seconds));
    const perStep = steps.map((_, index) => median(measured.map((pass) => pass[index] ?? NaN)));
    const total = perStep.reduce((sum, cost) => sum + cost, 0);
    const body = encodedSize(steps, bytes);
    rows.push([
      String(size),
      ...perStep.map((cost) => figure(cost, 1)),
      figure(total, 1),
      figure(generalValidation(bytes, size, seconds), 0),
      figure(bytes.length / size),
      figure(body / size),
    ]);
  }
  return {
    title: 'Cost of an event up to the queue',
    method:
      'Events of a web SDK with 8 automatic and 4 own properties, in one thread, without network and database. Each figure is the median of the passes, in microseconds of processor time for an event.',
    tables: [
      {
        title: 'Microseconds and bytes for an event',
        head: [
          'events in a batch',
          ...steps.map(({ name }) => name),
          'in all',
          'general validation',
          'bytes of the message',
          'bytes in the queue',
        ],
        rows,
      },
    ],
    notes: [
      'The general validation is what the guard does for every other message; batches of events are spared it.',
    ],
  };
}

/** Microseconds for an event of each step. */
function measure(steps: readonly Step[], bytes: Uint8Array, size: number, seconds: number): number[] {
  const spent = steps.map(() => 0);
  const end = performance.now() + seconds * 1_000;
  let batches = 0;
  for (; performance.now() < end; batches += 1) {
    let value: unknown = bytes;
    for (const [index, step] of steps.entries()) {
      const start = threadMicroseconds();
      value = step.run(value as never);
      spent[index] = (spent[index] ?? 0) + threadMicroseconds() - start;
    }
  }
  return spent.map((microseconds) => microseconds / batches / size);
}

function generalValidation(bytes: Uint8Array, size: number, seconds: number): number {
  const validator = createValidator({ failFast: true });
  const message = fromBinary(BatchCreateRequestSchema, bytes);
  validator.validate(BatchCreateRequestSchema, message);
  const [start, end] = [threadMicroseconds(), performance.now() + seconds * 1_000];
  let batches = 0;
  for (; performance.now() < end; batches += 1) validator.validate(BatchCreateRequestSchema, message);
  return (threadMicroseconds() - start) / batches / size;
}

/** Spent by this thread alone: other work of the machine does not count. */
function threadMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function encodedSize(steps: readonly Step[], bytes: Uint8Array): number {
  let value: unknown = bytes;
  for (const step of steps) value = step.run(value as never);
  return (value as Body).body.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
