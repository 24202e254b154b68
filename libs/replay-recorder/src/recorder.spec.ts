import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import type { ReplayEvent } from '@dovecote/replay';
import type { Answer, Browser } from './browser.js';
import { saysStop } from './message.js';
import type { EndReason, RecorderOptions } from './options.js';
import { outcomeOf } from './outcome.js';
import { Recorder } from './recorder.js';

const OK: Answer = { status: 200, body: new Uint8Array() };
const STOP: Answer = { status: 200, body: Uint8Array.of(0x08, 3, 0x1a, 1, 7, 0x20, 1) };
const refusal = (status: number, error: object): Answer => ({
  status,
  body: Buffer.from(JSON.stringify(error)),
});
const UNAVAILABLE = refusal(503, { code: 'unavailable' });
const RETRY = refusal(429, { code: 'resource_exhausted', details: [{ type: 'google.rpc.RetryInfo' }] });

interface Sent {
  headers: Record<string, string>;
  json: string;
  keepalive: boolean;
  isCompressed: boolean;
}

/** A browser whose clock and network the spec turns by hand. */
class World {
  readonly sent: Sent[] = [];
  readonly ended: EndReason[] = [];
  answers: (Answer | 'no answer')[] = [];
  chance = 0;
  isTrackingRefused = false;
  isRecordingStopped = false;
  emit: (event: ReplayEvent) => void = () => undefined;
  gzip: Browser['gzip'] = async (content) => new Uint8Array(gzipSync(content));
  private hide: () => void = () => undefined;
  private readonly waits = new Map<() => void, number>();

  start(options: Partial<RecorderOptions> = {}): Recorder {
    const recorder = new Recorder(
      {
        server: 'https://api.example',
        token: () => 'first',
        onEnd: (reason) => this.ended.push(reason),
        ...options,
      },
      this.browser(),
      (onEvent) => {
        this.emit = onEvent;
        return () => {
          this.isRecordingStopped = true;
        };
      },
    );
    recorder.start();
    return recorder;
  }

  /** Everything that waits happens now; then the network settles. */
  async turn(): Promise<void> {
    for (const then of [...this.waits.keys()]) {
      this.waits.delete(then);
      then();
    }
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  }

  get longestWait(): number {
    return Math.max(...this.waits.values());
  }

  leave(): void {
    this.hide();
  }

  private browser(): Browser {
    return {
      isTrackingRefused: this.isTrackingRefused,
      post: async (url, headers, body, keepalive) => {
        expect(url).toBe('https://api.example/dovecote.replay.v1.RecordingService/AddChunk');
        this.sent.push({ headers, keepalive, ...contentOf(body) });
        const answer = this.answers.shift() ?? OK;
        if (answer === 'no answer') throw new TypeError('Failed to fetch');
        return answer;
      },
      gzip: (content) => this.gzip(content),
      onHide: (listener) => {
        this.hide = listener;
        return () => {
          this.hide = () => undefined;
        };
      },
      wait: (ms, then) => {
        this.waits.set(then, ms);
        return () => this.waits.delete(then);
      },
      random: () => this.chance,
      randomId: () => '00000000-0000-4000-8000-000000000000',
    };
  }
}

function contentOf(body: Uint8Array): Pick<Sent, 'json' | 'isCompressed'> {
  const bytes = Buffer.from(body);
  const gzip = bytes.indexOf(Buffer.from([0x1f, 0x8b, 0x08]));
  if (gzip >= 0) return { json: gunzipSync(bytes.subarray(gzip)).toString(), isCompressed: true };
  const text = bytes.toString();
  return { json: text.slice(text.indexOf('['), text.lastIndexOf(']') + 1), isCompressed: false };
}

const scrolled = (y: number): ReplayEvent => ({ type: 3, data: { source: 3, id: 1, x: 0, y }, timestamp: 1 });
const large = (characters: number): ReplayEvent => ({
  type: 4,
  data: { href: 'x'.repeat(characters), width: 1, height: 1 },
  timestamp: 1,
});

describe('a recorder', () => {
  test.each([
    ['not-sampled', { chance: 0.5 }, { sampleRate: 0.5 }],
    ['no-consent', { isTrackingRefused: true }, {}],
    ['no-consent', {}, { mayRecord: () => false }],
  ] as const)('does not start: %s', (reason, surroundings, options) => {
    const world = new World();
    Object.assign(world, surroundings);
    expect(world.start(options).isRecording).toBe(false);
    expect(world.ended).toEqual([reason]);
  });

  test('does not start on a page that cannot be recorded, and never throws into it', () => {
    const ended: EndReason[] = [];
    const options = {
      server: 'https://api.example',
      token: () => '',
      onEnd: (reason: EndReason) => ended.push(reason),
    };
    const browser = {
      isTrackingRefused: false,
      random: () => 0,
      randomId: () => 'x',
      onHide: () => () => undefined,
    };
    const fail = (): never => {
      throw new Error('no DOM');
    };
    new Recorder(options, browser as unknown as Browser, fail).start();
    expect(ended).toEqual(['unsupported']);
  });

  test('sends what happened every few seconds, in order, with the token', async () => {
    const world = new World();
    const recorder = world.start();
    world.emit(scrolled(1));
    world.emit(scrolled(2));
    await world.turn();
    world.emit(scrolled(3));
    await world.turn();
    await world.turn();
    expect(world.sent.map(({ json }) => json)).toEqual(
      [[scrolled(1), scrolled(2)], [scrolled(3)]].map((events) => JSON.stringify(events)),
    );
    expect(world.sent[0]).toMatchObject({ isCompressed: true, headers: { authorization: 'Bearer first' } });
    expect(recorder.isRecording).toBe(true);
  });

  test('sends at once what is large', async () => {
    const world = new World();
    world.start();
    world.emit(large(300_000));
    await world.settle();
    expect(world.sent).toHaveLength(1);
  });

  test('sends the rest when it is stopped, and nothing later', async () => {
    const world = new World();
    const recorder = world.start();
    world.emit(scrolled(1));
    await recorder.stop();
    world.emit(scrolled(2));
    await world.turn();
    expect(world.sent).toHaveLength(1);
    expect(world.ended).toEqual(['stopped']);
    expect(world.isRecordingStopped).toBe(true);
  });

  test('tries again, later and later, with the same chunk', async () => {
    const world = new World();
    world.answers = ['no answer', UNAVAILABLE, refusal(502, {}), RETRY];
    world.start();
    world.emit(scrolled(1));
    await world.turn();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      waits.push(world.longestWait);
      world.emit(scrolled(2 + attempt));
      await world.turn();
    }
    expect(waits).toEqual([5_000, 5_000, 5_000, 30_000]);
    expect(new Set(world.sent.slice(0, 5).map(({ json }) => json)).size).toBe(1);
    expect(world.ended).toEqual([]);
  });

  test('gives up what it cannot send when it is stopped', async () => {
    const world = new World();
    world.answers = [UNAVAILABLE, UNAVAILABLE, UNAVAILABLE];
    const recorder = world.start();
    world.emit(scrolled(1));
    await recorder.stop();
    expect(world.ended).toEqual(['stopped']);
  });

  test('asks for another token once', async () => {
    const refused = refusal(401, { code: 'unauthenticated' });
    const world = new World();
    const tokens = ['old', 'new', 'worse', 'worst'];
    world.answers = [refused, OK, refused, refused];
    world.start({ token: async () => tokens.shift() ?? '' });
    world.emit(scrolled(1));
    await world.turn();
    expect(world.ended).toEqual([]);
    world.emit(scrolled(2));
    await world.turn();
    expect(world.sent.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer old',
      'Bearer new',
      'Bearer worse',
      'Bearer worst',
    ]);
    expect(world.ended).toEqual(['refused']);
  });

  test.each([
    ['not-kept', STOP],
    ['not-kept', refusal(429, { code: 'resource_exhausted' })],
    ['refused', refusal(403, { code: 'permission_denied' })],
    ['refused', refusal(404, {})],
    ['refused', refusal(501, { code: 'unimplemented' })],
    ['too-much', refusal(400, { code: 'invalid_argument' })],
  ] as const)('ends for good: %s', async (reason, answer) => {
    const world = new World();
    world.answers = [answer];
    world.start();
    world.emit(scrolled(1));
    await world.turn();
    world.emit(scrolled(2));
    await world.turn();
    expect(world.sent).toHaveLength(1);
    expect(world.ended).toEqual([reason]);
    expect(world.isRecordingStopped).toBe(true);
  });

  test('goes past a chunk whose number is taken', async () => {
    const world = new World();
    world.answers = [refusal(409, { code: 'already_exists' })];
    world.start();
    world.emit(scrolled(1));
    await world.turn();
    world.emit(scrolled(2));
    await world.turn();
    expect(world.sent.map(({ json }) => json)).toEqual(
      [[scrolled(1)], [scrolled(2)]].map((events) => JSON.stringify(events)),
    );
  });

  test('stops when the person withdraws, and forgets what was not sent', async () => {
    const world = new World();
    let isAgreed = true;
    world.start({ mayRecord: () => isAgreed });
    world.emit(scrolled(1));
    isAgreed = false;
    await world.turn();
    world.leave();
    expect(world.sent).toEqual([]);
    expect(world.ended).toEqual(['no-consent']);
  });

  test('lets no error of its surroundings reach the page', async () => {
    const fail = (): never => {
      throw new Error('of the page');
    };
    const refused = new World();
    refused.start({ mayRecord: fail });
    expect(refused.ended).toEqual(['no-consent']);
    const world = new World();
    world.gzip = fail;
    const recorder = world.start({ screen: fail });
    world.emit(scrolled(1));
    world.leave();
    await recorder.stop();
    expect(world.ended).toEqual(['unsupported']);
    const silent = new World();
    const errors = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    silent.chance = 1;
    silent.start({ onEnd: fail });
    expect(errors).toHaveBeenCalledTimes(1);
    errors.mockRestore();
  });

  test('keeps a bounded amount when the server is away', async () => {
    const world = new World();
    world.answers = Array.from({ length: 100 }, () => UNAVAILABLE);
    world.start();
    for (let index = 0; index < 100; index++) world.emit(large(100_000));
    await world.settle();
    expect(world.ended).toEqual(['too-much']);
  });

  test('gives up a snapshot that the server does not take', async () => {
    const world = new World();
    world.start();
    world.emit(large(2 * 1024 * 1024));
    await world.turn();
    expect(world.sent).toEqual([]);
    expect(world.ended).toEqual(['too-much']);
  });

  test('sends what fits, at once and as it is, when the page is left', async () => {
    const world = new World();
    world.start();
    world.emit(scrolled(1));
    await world.turn();
    for (let index = 0; index < 100; index++) world.emit(large(1_000));
    world.leave();
    expect(world.sent).toHaveLength(2);
    const last = world.sent[1];
    expect(last).toMatchObject({ keepalive: true, isCompressed: false });
    expect(last?.json.length).toBeLessThan(30 * 1024);
    expect((JSON.parse(last?.json ?? '[]') as unknown[]).length).toBeGreaterThan(5);
    await world.turn();
    const events = world.sent.flatMap(({ json }) => JSON.parse(json) as unknown[]);
    expect(events).toHaveLength(101);
  });
});

describe('an answer', () => {
  test('that cannot be read says nothing', () => {
    expect(saysStop(Uint8Array.of(0x20))).toBe(false);
    expect(saysStop(Uint8Array.of(0xff, 0xff, 0xff))).toBe(false);
    expect(outcomeOf({ status: 500, body: Buffer.from('<html>') })).toEqual({ kind: 'again' });
    expect(outcomeOf({ status: 403, body: Buffer.from('null') })).toEqual({ kind: 'end', reason: 'refused' });
  });
});
