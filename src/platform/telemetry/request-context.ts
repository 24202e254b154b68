import { AsyncLocalStorage } from 'node:async_hooks';

/** Puts the request id on every log line of a call or job. What they do never depends on it. */
export const requestContext = new AsyncLocalStorage<{ requestId: string }>();
