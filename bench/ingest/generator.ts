// The load generator of events, a separate process: sends batches at a rate, or as fast as they are answered, and
// reports when each was answered.
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { BatchCreateResponseSchema as Documented } from '@dovecote/contract/events/v1/events_pb';
import { BatchCreateResponseSchema as Shipped } from '@dovecote/contract/sdk/events/v1/events_pb';
import { userAgent } from '../support/event-batch.js';
import { Messages } from './messages.js';
import type { Contract, Delivery, Order } from './shape.js';

/** As many calls wait at once when there is no rate. */
const IN_FLIGHT = 16;
/** With a rate: beyond it the server is too slow, and the figures would be those of its queue. */
const MOST_IN_FLIGHT = 256;

process.on('message', (order: Order) => void run(order));
process.on('disconnect', () => process.exit());

async function run(order: Order): Promise<void> {
  const sender = new Sender(order);
  await (order.rate === undefined ? sender.saturate() : sender.keep(order.rate));
  process.send!(sender.delivery());
}

class Sender {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MOST_IN_FLIGHT });
  private readonly messages: Messages;
  private readonly answeredAt: number[] = [];
  private readonly latencies: number[] = [];
  private readonly cpu = process.cpuUsage();
  private readonly begin = performance.now();
  private accepted = 0;
  private sent = 0;
  private inFlight = 0;

  constructor(private readonly order: Order) {
    this.messages = new Messages(order.contract, order.size, order.mark);
  }

  async saturate(): Promise<void> {
    const end = performance.now() + this.order.seconds * 1_000;
    const one = async (): Promise<void> => {
      while (performance.now() < end) await this.send(performance.now());
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, one));
    this.agent.destroy();
  }

  async keep(rate: number): Promise<void> {
    const calls: Promise<void>[] = [];
    const begin = performance.now();
    for (let index = 0; index < rate * this.order.seconds; index++) {
      const turn = begin + (index * 1_000) / rate;
      if (turn > performance.now()) await delay(turn - performance.now());
      if (this.inFlight >= MOST_IN_FLIGHT)
        throw new Error(`The server does not keep up with ${rate} batches/s.`);
      calls.push(this.send(turn));
    }
    await Promise.all(calls);
    this.agent.destroy();
  }

  delivery(): Delivery {
    const { user, system } = process.cpuUsage(this.cpu);
    return {
      answeredAt: this.answeredAt,
      latencies: this.latencies,
      accepted: this.accepted,
      beganAt: performance.timeOrigin + this.begin,
      cpuMicros: user + system,
    };
  }

  private async send(turn: number): Promise<void> {
    const number = this.sent++;
    this.inFlight++;
    const answer = await this.call(this.messages.batch(number));
    this.inFlight--;
    const now = performance.now();
    this.answeredAt[number] = performance.timeOrigin + now;
    this.latencies[number] = now - turn;
    this.accepted += acceptedBy(this.order.contract, answer);
  }

  private call(body: Buffer): Promise<Buffer> {
    const { port, contract, headers } = this.order;
    return new Promise((resolve, reject) => {
      const call = request(
        {
          agent: this.agent,
          port,
          host: '127.0.0.1',
          method: 'POST',
          path: `/${contract}.EventsService/BatchCreate`,
          headers: {
            ...headers,
            'content-type': 'application/proto',
            'content-length': body.length,
            'user-agent': userAgent,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const answer = Buffer.concat(chunks);
            if (response.statusCode === 200) resolve(answer);
            else reject(new Error(`A batch was answered with ${response.statusCode}: ${answer.toString()}`));
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }
}

function acceptedBy(contract: Contract, answer: Buffer): number {
  return contract === 'sdk.events.v1'
    ? fromBinary(Shipped, answer).accepted
    : fromBinary(Documented, answer).eventsCreated;
}
