import type { RedisClientType } from 'redis';
import type { Buckets } from './buckets.js';
import { limitOf, recordOf, type ThrottleRecord } from './throttle-record.js';

/**
 * The token bucket of token-bucket.ts inside Redis, atomic across processes, on Redis' own clock.
 * Answers: allowed, whole tokens left, milliseconds until one token, milliseconds until full.
 */
const takeScript = `
local burst, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if stored[1] then
  tokens = math.min(burst, tonumber(stored[1]) + math.max(0, now - tonumber(stored[2])) / 1000 * rate)
end
local allowed = 0
if tokens >= 1 then allowed = 1; tokens = tokens - cost end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
local full = math.ceil((burst - tokens) / rate * 1000)
redis.call('PEXPIRE', KEYS[1], math.max(1, full))
local retry = 0
if tokens < 1 then retry = math.ceil((1 - tokens) / rate * 1000) end
return { allowed, math.floor(tokens), retry, full }`;

/** A bucket that has expired in the meantime is full; a surplus is cut at the next use. */
const putBackScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBYFLOAT', KEYS[1], 'tokens', ARGV[1]) end`;

/** A limit may cost a call no more than this; a Redis that takes longer is left alone for a while. */
const PATIENCE_MS = 250;
const PAUSE_MS = 1_000;

/** Token buckets shared by every process through Redis. */
export class RedisBuckets implements Buckets {
  private pausedUntil = 0;

  constructor(
    private readonly redis: RedisClientType,
    /** Used while Redis does not answer: a limit per process beats an outage, and beats no limit. */
    private readonly fallback: Buckets,
  ) {}

  increment(key: string, ttl: number, burst: number): Promise<ThrottleRecord> {
    return this.spend(key, ttl, burst, 1);
  }

  async spend(key: string, ttl: number, burst: number, cost: number): Promise<ThrottleRecord> {
    const { perSecond } = limitOf(ttl, burst);
    const answer = this.paused ? undefined : await this.ask(takeScript, key, [burst, perSecond, cost]);
    if (!Array.isArray(answer)) return this.fallback.spend(key, ttl, burst, cost);
    const [allowed, remaining, retryAfterMs, fullAfterMs] = answer.map(Number) as [
      number,
      number,
      number,
      number,
    ];
    return recordOf({ allowed: allowed === 1, remaining, retryAfterMs, fullAfterMs }, burst);
  }

  async putBack(key: string, tokens = 1): Promise<void> {
    if (this.paused) return this.fallback.putBack(key, tokens);
    await this.ask(putBackScript, key, [tokens]);
  }

  private get paused(): boolean {
    return !this.redis.isReady || performance.now() < this.pausedUntil;
  }

  /** Undefined when Redis fails or hangs. */
  private async ask(script: string, key: string, values: number[]): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const patience = new Promise<undefined>((resolve) => {
      const giveUp = (): void => {
        if (isOver) return;
        this.pausedUntil = performance.now() + PAUSE_MS;
        resolve(undefined);
      };
      // When it was this process that had no time, the answer has arrived and is read before that.
      timer = setTimeout(() => setImmediate(giveUp), PATIENCE_MS);
    });
    const answer = this.redis
      .eval(script, { keys: [`dovecote:throttle:${key}`], arguments: values.map(String) })
      .catch(() => undefined);
    try {
      return await Promise.race([answer, patience]);
    } finally {
      isOver = true;
      clearTimeout(timer);
    }
  }
}
