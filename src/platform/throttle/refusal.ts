import { AppError } from '../errors/index.js';
import type { ThrottleRecord } from './throttle-record.js';

/** RESOURCE_EXHAUSTED with what a client needs to come back at the right time. */
export function throttled(record: ThrottleRecord, subject: string, limit: string): AppError {
  const retryAfterSeconds = Math.max(1, record.timeToBlockExpire);
  const description = `${limit} Try again in ${retryAfterSeconds} s.`;
  return new AppError('resource_exhausted', 'RATE_LIMITED', `Too many requests. ${description}`, {
    retryAfterSeconds,
    quota: { subject, description },
  });
}

/** The draft RateLimit fields (draft-ietf-httpapi-ratelimit-headers). */
export function setRateLimitHeaders(
  header: Headers,
  name: string,
  burst: number,
  windowMs: number,
  record: ThrottleRecord,
): void {
  header.set('ratelimit-policy', `"${name}";q=${burst};w=${Math.ceil(windowMs / 1000)}`);
  header.set('ratelimit', `"${name}";r=${Math.max(0, burst - record.totalHits)};t=${record.timeToExpire}`);
}
