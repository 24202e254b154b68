import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { DescMethod } from '@bufbuild/protobuf';
import { methodName, services } from '../../src/platform/access/index.js';
import { freePort } from '../support/free-port.js';
import { exampleRequest } from '../support/requests.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { Ids } from './ids.js';
import { Messages, type Temper } from './messages.js';
import { encode } from './mutation.js';
import { Random } from './random.js';
import { Vocabulary } from './vocabulary.js';
import { type Format, type Reply, send } from './wire.js';
import { createWorld, type Side, type World } from './world.js';

// FUZZ_SEED=<the printed one> repeats a run, FUZZ_SECONDS=600 makes a longer one, FUZZ_RPC=<part of a name> narrows it.
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(process.env['FUZZ_SECONDS'] ?? 45);
const only = process.env['FUZZ_RPC'] ?? '';
const methods = services
  .flatMap((service) => service.methods)
  .filter((method) => methodName(method).includes(only));

/** Calls in flight at a time: what two do to each other is tried, too. */
const PARALLEL = 4;
const SECRET = 'a-secret-of-at-least-thirty-two-characters';

/** What no caller may bring about: ours alone to say. */
const forbidden = new Set(['internal', 'unknown', 'data_loss', 'deadline_exceeded', 'unavailable']);

jest.setTimeout((seconds + 120) * 1000);

let s: TestServer;
let internalUrl: string;
beforeAll(async () => {
  const port = await freePort();
  s = await startTestServer({
    env: { INTERNAL_PORT: String(port), INTERNAL_SECRET: SECRET, LOG_LEVEL: 'warn' },
  });
  internalUrl = `http://127.0.0.1:${port}`;
});
afterAll(() => s?.stop());

interface Visitor {
  readonly name: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Whose texts are theirs to read. */
  readonly side?: Side;
}

function visitorsOf({ cast, acme, other }: World): Visitor[] {
  const url = s.url;
  const member = (name: 'alice' | 'max' | 'erin' | 'kiosk') => ({
    name,
    url,
    headers: cast[name].headers,
    side: acme,
  });
  return [
    { name: 'nobody', url, headers: {} },
    ...(['alice', 'alice', 'max', 'erin', 'kiosk'] as const).map(member),
    { name: 'mallory', url, headers: cast.mallory.headers, side: other },
    {
      name: 'a sibling service',
      url: internalUrl,
      headers: { authorization: `Bearer ${SECRET}`, 'x-org-id': acme.orgId },
      side: acme,
    },
  ];
}

interface Call {
  readonly index: number;
  readonly method: DescMethod;
  readonly visitor: Visitor;
  readonly world: World;
}

const vocabulary = new Vocabulary(seed);
const tally = new Map<string, number>();
const answered = new Set<string>();
/** Answers that hold the canary of those who may read it: it is where it can be found. */
let rightly = 0;
/** One of a kind is enough. */
const findings = new Map<string, string>();

test('no RPC breaks, hangs, or tells what is another’s, whatever it is sent', async () => {
  console.log(`FUZZ_SEED=${seed} FUZZ_SECONDS=${seconds}, ${methods.length} RPCs`);
  const end = performance.now() + seconds * 1000;
  const calls = allCalls(() => performance.now() < end);
  await Promise.all(Array.from({ length: PARALLEL }, () => work(calls)));
  console.log(`${answered.size} RPCs answered something; ${summary()}`);
  expect(rightly).toBeGreaterThan(0);
  expect([...findings.values()].join('\n\n')).toBe('');
});

/** Everybody calls everything, then again in a new world, for as long as there is time. */
async function* allCalls(isTime: () => boolean): AsyncGenerator<Call> {
  const random = new Random(seed);
  for (let index = 0; isTime();) {
    const world = await createWorld(s);
    const pairs = visitorsOf(world).flatMap((visitor) => methods.map((method) => ({ visitor, method })));
    // Whoever has signed out, or left, has no more to say.
    const last = random.shuffled(pairs).sort((a, b) => Number(isLast(a.method)) - Number(isLast(b.method)));
    for (const { visitor, method } of last) {
      if (!isTime()) return;
      yield { index: index++, method, visitor, world };
    }
  }
}

const isLast = ({ name }: DescMethod): boolean =>
  /^(SignOut|StartSsoSignOut|Delete|Deactivate|Revoke|Remove)/.test(name);

async function work(calls: AsyncGenerator<Call>): Promise<void> {
  for await (const call of calls) await tryOne(call);
}

async function tryOne({ index, method, visitor, world }: Call): Promise<void> {
  const random = new Random(seed).fork(index);
  const own = visitor.side ?? world.acme;
  const ids = new Ids(own.ids, own === world.acme ? world.other.ids : world.acme.ids);
  const base = exampleRequest(method, { idAt: (path) => ids.any(path.split('.').at(-1) ?? path, random) });
  const temper = random.pick<Temper>([
    { malice: 0, fullness: 0 },
    { malice: 0, fullness: 0.5 },
    { malice: 0.1, fullness: 0.4 },
    { malice: 0.5, fullness: 0.8 },
  ]);
  const message = new Messages(vocabulary, ids).fill(method.input, random, temper, base);
  const format = random.pick<Format>(['connect', 'connect', 'grpc-web']);
  const json = random.chance(0.5);
  const body = encode(method.input, message, json, random, random.chance(0.25));
  const sent = `${methodName(method)} as ${visitor.name} over ${format}, call ${index}, ${json ? Buffer.from(body).toString().slice(0, 1500) : Buffer.from(body).toString('base64').slice(0, 1500)}`;
  try {
    judge(
      await send(visitor.url, method, { format, json, body, headers: visitor.headers }),
      method,
      sent,
      visitor,
      world,
    );
  } catch (error) {
    findings.set(`${methodName(method)} no answer`, `No answer (${inspect(error)}) to ${sent}`);
  }
}

function judge(
  reply: Reply,
  method: DescMethod,
  sent: string,
  visitor: Visitor,
  { acme, other }: World,
): void {
  tally.set(reply.code, (tally.get(reply.code) ?? 0) + 1);
  if (reply.code === 'ok') answered.add(methodName(method));
  if ((forbidden.has(reply.code) && !isOff(reply, method)) || reply.code.startsWith('HTTP'))
    findings.set(
      `${methodName(method)} ${reply.code} ${causeOf(reply)}`,
      `${reply.code}: ${causeOf(reply)}\n  ${sent}`,
    );
  for (const side of [acme, other]) {
    if (side === visitor.side && reply.text.includes(side.canary)) rightly += 1;
    if (side !== visitor.side && reply.text.includes(side.canary))
      findings.set(
        `${methodName(method)} leaks`,
        `Leak of ${side.canary}: ${reply.text.slice(0, 500)}\n  ${sent}`,
      );
  }
}

/** The contract has this code for a server without a demo. */
function isOff({ code }: Reply, method: DescMethod): boolean {
  return code === 'unavailable' && methodName(method) === '/public.auth.v1.AuthService/DemoSignIn';
}

/** What the log says of it, under the request id. */
function causeOf({ requestId, text }: Reply): string {
  const line = s.logLines().findLast((each) => each['requestId'] === requestId && each['err'] !== undefined);
  const error = line?.['err'] as { message?: string; stack?: string } | undefined;
  const at = error?.stack
    ?.split('\n')
    .find((frame) => /\/(src|libs)\//.test(frame))
    ?.trim();
  return error ? `${error.message} ${at ?? ''}` : text.slice(0, 300);
}

function summary(): string {
  const total = [...tally.values()].reduce((sum, count) => sum + count, 0);
  const codes = [...tally].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
  return `${total} calls: ${codes.join(', ')}`;
}
