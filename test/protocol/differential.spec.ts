import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import type { FailedCall, RpcCall, RpcServerOptions } from '@dovecote/rpc';
import { EchoServer } from './support/echo-server.js';
import { RawClient, type RawRequest } from './support/exchange.js';
import { outcomeOf } from './support/outcome.js';
import { origin, requestBytes, requests } from './support/unusual-requests.js';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env['RUNS'] ?? 300);

/** A server, and all that it lets be seen of a request. */
class Subject {
  readonly #described: string[] = [];
  readonly #echo: EchoServer;
  #client: RawClient | undefined;

  constructor(options: Partial<RpcServerOptions> = {}) {
    this.#echo = new EchoServer({
      cors: { origins: [origin] },
      trustedProxies: ['127.0.0.1'],
      describeError: (error, call) => this.#describe(error, call),
      ...options,
      limits: { requestBytes, compressMinBytes: 200, ...options.limits },
    });
  }

  async start(): Promise<void> {
    await this.#echo.start();
    this.#client = new RawClient(this.#echo.port);
  }

  async stop(): Promise<void> {
    this.#client?.close();
    await this.#echo.stop();
  }

  async answer(request: RawRequest): Promise<unknown> {
    const { calls } = this.#echo;
    calls.length = this.#described.length = 0;
    const outcome = outcomeOf(await this.#client!.send(request), request);
    const overdue = this.#described.some((line) => line.startsWith('deadline'));
    // Whether a handler was reached before the deadline depends on how busy the machine is.
    return { outcome, handled: overdue ? [] : calls.map(seen), described: [...this.#described] };
  }

  #describe(error: ConnectError, { kind, name, header, responseHeader, protocol, address }: FailedCall) {
    this.#described.push(
      [kind, error.message, name, protocol, address, header.get('x-request-id')].join(' '),
    );
    responseHeader.set('x-described', kind);
    error.details.push({ desc: ErrorInfoSchema, value: { reason: kind } });
    return error;
  }
}

function seen({ name, protocol, address, listener, header, deadline }: RpcCall) {
  const fields = [...header].filter(([field]) => field !== 'host').sort();
  return { name, protocol, address, listener, fields, hasDeadline: deadline !== undefined };
}

const fast = new Subject();
const general = new Subject({ unaryFastPath: false });
/** Served by the fast path too, but not quite in the same way. */
const other = new Subject({ limits: { compressMinBytes: 10_000 } });
const all = [fast, general, other];
beforeAll(() => Promise.all(all.map((subject) => subject.start())));
afterAll(() => Promise.all(all.map((subject) => subject.stop())));

function same(one: Subject, another: Subject) {
  return fc.asyncProperty(requests, async (request) => {
    const [first, second] = await Promise.all([one.answer(request), another.answer(request)]);
    expect(first).toEqual(second);
  });
}

test(`the fast path answers like the general one (SEED=${seed})`, async () => {
  await fc.assert(same(fast, general), { seed, numRuns: RUNS });
});

test('a difference would be found', async () => {
  expect(await fc.check(same(fast, other), { seed, numRuns: RUNS, endOnFailure: true })).toMatchObject({
    failed: true,
  });
});

test('a deadline further away than timers reach is over at once on the general path only', async () => {
  const request: RawRequest = {
    version: 1,
    method: 'POST',
    path: '/dovecote.test.v1.EchoService/Sleep',
    headers: { 'content-type': 'application/json', 'connect-timeout-ms': '9999999999' },
    body: Buffer.from('{"milliseconds":100}'),
  };
  expect(await fast.answer(request)).toMatchObject({ outcome: { status: 200 } });
  expect(await general.answer(request)).toMatchObject({ outcome: { status: 504 } });
});
