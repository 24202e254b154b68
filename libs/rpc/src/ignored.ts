import { AsyncLocalStorage } from 'node:async_hooks';
import type { UniversalHandlerFn } from '@connectrpc/connect/protocol';
import type { IgnoredField } from './json/findings.js';

/**
 * On the general path Connect parses a request and tells the parser nothing about the call. What the parser passed over
 * is kept for the call here.
 */
const storage = new AsyncLocalStorage<IgnoredField[]>();

export function collectingIgnored(handler: UniversalHandlerFn): UniversalHandlerFn {
  return (request) => storage.run([], () => handler(request));
}

export function noteIgnored(fields: readonly IgnoredField[]): void {
  storage.getStore()?.push(...fields);
}

export function ignoredFields(): readonly IgnoredField[] {
  return storage.getStore() ?? [];
}
