import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup, Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { readHostsFile } from './hosts-file.rules.js';

export interface NameLookupOptions {
  /** Name servers to query, `address` or `address:port`; empty: the system's. */
  servers: readonly string[];
  /** The system's unless given. */
  hostsFile?: string;
}

/** What one name server may take for an answer; then it, or the next one, is asked again. */
const PATIENCE_MS = 1_500;
const TRIES = 3;
/** How long the addresses of one family are waited for when those of the other are there. */
const STRAGGLER_MS = 200;

/**
 * Resolves host names. The owner of a host controls how long its name servers take, so each query has a time
 * limit and runs on the event loop: the system's resolver would occupy one of the few threads shared with
 * file access.
 */
export class NameLookup {
  constructor(private readonly options: NameLookupOptions) {}

  /** All addresses of a host, as the hosts file and then DNS have them. */
  async addresses(hostname: string, signal: AbortSignal): Promise<LookupAddress[]> {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    if (isIP(name)) return [toAddress(name)];
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1'].map(toAddress);
    const known = this.hosts().get(name);
    if (known) return known.filter((address) => isIP(address) !== 0).map(toAddress);
    return this.ask(signal, async (resolver) => {
      const [first, second] = [resolver.resolve4(name), resolver.resolve6(name)];
      return (await bothOrFirst(first, second)).map(toAddress);
    });
  }

  /** As the operator's system has it, search domains included: for names that the operator has listed. */
  systemAddresses(hostname: string, signal: AbortSignal): Promise<LookupAddress[]> {
    return until(signal, systemLookup(hostname, { all: true }));
  }

  /** A query that ends with the signal. */
  async ask<T>(signal: AbortSignal, question: (resolver: Resolver) => Promise<T>): Promise<T> {
    // One for each question: ended early, it takes no other one with it.
    const resolver = new Resolver({ timeout: PATIENCE_MS, tries: TRIES });
    if (this.options.servers.length > 0) resolver.setServers([...this.options.servers]);
    try {
      return await until(signal, question(resolver));
    } finally {
      resolver.cancel();
    }
  }

  private hosts(): Map<string, string[]> {
    try {
      return readHostsFile(readFileSync(this.options.hostsFile ?? '/etc/hosts', 'utf8'));
    } catch {
      // There need not be one.
      return new Map();
    }
  }
}

/** The promise's end, or the signal's, whichever is first. */
export function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

/** For a host with addresses of one family only, the query for the other one fails or times out. */
async function bothOrFirst(first: Promise<string[]>, second: Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  const collect = (answer: Promise<string[]>) => answer.then((addresses) => void found.push(...addresses));
  const both = [collect(first), collect(second)];
  const all = Promise.allSettled(both);
  await Promise.any(both).catch(() => undefined);
  if (found.length > 0) await Promise.race([all, pause(STRAGGLER_MS)]);
  else await all;
  if (found.length > 0) return found;
  // Neither has any: the reason of the first says why.
  await first;
  return found;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function toAddress(address: string): LookupAddress {
  return { address, family: isIP(address) };
}
