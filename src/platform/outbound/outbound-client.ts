import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Injectable } from '@nestjs/common';
import pLimit, { type LimitFunction } from 'p-limit';
import { AppError } from '../errors/index.js';
import { NameLookup, until } from './name-lookup.js';
import { isPublicAddress } from './public-address.js';

export interface OutboundOptions {
  /** Hosts (`name` or `name:port`) that may be reached over plain http and on any address, for development. */
  allowedHosts: readonly string[];
  /** Certificates in PEM of authorities that are trusted beside the public ones. */
  authorities?: string;
  /** Milliseconds for the whole exchange. */
  timeoutMs?: number;
  /** The largest answer that is read. */
  maxBytes?: number;
  /** What names are looked up by; the system's name servers unless given. */
  names?: NameLookup;
  /** All addresses of a host name, in the place of `names`. */
  lookup?: (hostname: string) => Promise<LookupAddress[]>;
}

/** What is sent; an answer's content type is the only one of its header fields that comes back. */
export interface OutboundRequest {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Bytes after which an answer is cut off, where a large one is no refusal. */
  cutOffAfter?: number;
  /**
   * The organization that chose the URL: its concurrent requests are limited separately, so that it does not
   * delay others.
   */
  orgId?: string;
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;
/** Requests of one organization at a time; further ones wait, within the same time. */
const MOST_AT_ONCE = 8;

/** A server that speaks another protocol than HTTP. */
export interface OutboundServer {
  /** A name or an address. */
  host: string;
  port: number;
  /** The organization that chose the server. */
  orgId: string;
}

/** Answers that the Response constructor allows no body for. */
const bodiless = new Set([204, 205, 304]);

/**
 * The only outbound client of the server: https to public addresses, connects to the checked addresses
 * only (no DNS rebinding), no redirects, limits on size and time (queueing and name resolution included).
 */
@Injectable()
export class OutboundClient {
  /** Undefined: what Node trusts. */
  readonly ca: string[] | undefined;
  private readonly names: NameLookup;
  private readonly turns = new Map<string, LimitFunction>();

  constructor(private readonly options: OutboundOptions) {
    this.names = options.names ?? new NameLookup({ servers: [] });
    this.ca = options.authorities === undefined ? undefined : [...rootCertificates, options.authorities];
  }

  /** Fetches a document; refuses with UNAVAILABLE when the address is not allowed or nothing usable answers. */
  get(address: string, orgId?: string): Promise<Response> {
    return this.send(address, { method: 'GET', orgId });
  }

  /** Sends a request; refuses like `get`. */
  async send(address: string, request: OutboundRequest): Promise<Response> {
    if (!URL.canParse(address)) throw refused('The address is not a URL.');
    const url = new URL(address);
    const { allowedHosts, timeoutMs = TIMEOUT_MS } = this.options;
    const exempt = allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname);
    if (url.protocol !== 'https:' && !exempt) throw refused(`${url.protocol}//${url.host} is not https.`);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await this.inTurn(request.orgId, signal, () => this.exchange(url, request, { exempt, signal }));
    } catch (error) {
      throw error instanceof AppError ? error : refused(`${url.host} does not answer.`, error);
    }
  }

  /** Opens a connection for the caller, who speaks and ends it; refuses like `get`. */
  async connect({ host, port, orgId }: OutboundServer): Promise<Socket> {
    const { allowedHosts, timeoutMs = TIMEOUT_MS } = this.options;
    const exempt = allowedHosts.includes(`${host}:${port}`) || allowedHosts.includes(host);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await this.inTurn(orgId, signal, async () =>
        connected(await this.resolve(host, exempt, signal), port, signal),
      );
    } catch (error) {
      throw error instanceof AppError ? error : refused(`${host}:${port} does not answer.`, error);
    }
  }

  /** Waits while the organization has as many requests on their way as it may. */
  private async inTurn<T>(
    orgId: string | undefined,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    if (orgId === undefined) return work();
    const limit = this.turns.get(orgId) ?? pLimit(MOST_AT_ONCE);
    this.turns.set(orgId, limit);
    const turn = limit(() => {
      signal.throwIfAborted();
      return work();
    });
    void turn
      .catch(() => undefined)
      .finally(() => {
        if (limit.activeCount + limit.pendingCount === 0) this.turns.delete(orgId);
      });
    return until(signal, turn);
  }

  private async exchange(
    url: URL,
    request: OutboundRequest,
    { exempt, signal }: { exempt: boolean; signal: AbortSignal },
  ): Promise<Response> {
    const addresses = await this.resolve(url.hostname, exempt, signal);
    const response = await open(url, request, { addresses, ca: this.ca, signal });
    const { cutOffAfter } = request;
    const body =
      cutOffAfter === undefined
        ? await bodyOf(response, this.options.maxBytes ?? MAX_BYTES)
        : await startOf(response, cutOffAfter);
    const status = response.statusCode ?? 502;
    const headers = { 'content-type': response.headers['content-type'] ?? '' };
    return new Response(bodiless.has(status) ? null : new Uint8Array(body), { status, headers });
  }

  private async resolve(hostname: string, exempt: boolean, signal: AbortSignal): Promise<LookupAddress[]> {
    const answers = await this.lookup(hostname.replace(/^\[|\]$/g, ''), exempt, signal).catch(
      (error: unknown) => {
        throw refused(`${hostname} cannot be resolved.`, error);
      },
    );
    // One private answer among public ones is an attack, not an accident.
    if (answers.length === 0 || (!exempt && !answers.every(({ address }) => isPublicAddress(address)))) {
      throw refused(`${hostname} does not resolve to a public address.`);
    }
    return answers;
  }

  private lookup(host: string, exempt: boolean, signal: AbortSignal): Promise<LookupAddress[]> {
    const { lookup } = this.options;
    if (lookup) return until(signal, lookup(host));
    return exempt ? this.names.systemAddresses(host, signal) : this.names.addresses(host, signal);
  }
}

function open(
  url: URL,
  { method, headers, body }: OutboundRequest,
  { addresses, ca, signal }: { addresses: LookupAddress[]; ca?: string[]; signal: AbortSignal },
): Promise<IncomingMessage> {
  const lookup = lookupOf(addresses);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    send(url, { method, headers, lookup, ca, signal, agent: false }, resolve).on('error', reject).end(body);
  });
}

/** The name is not resolved again: between check and use its answer could change. */
function lookupOf(addresses: LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
}

function connected(addresses: LookupAddress[], port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // The name is a placeholder: the look-up knows the addresses.
    const socket = connect({ host: 'server.invalid', port, lookup: lookupOf(addresses) });
    const abort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', reject).once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Node types the chunks of a readable stream as any; an IncomingMessage without an encoding yields buffers.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw refused('The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads no further than it has to; the connection is closed then. */
async function startOf(response: IncomingMessage, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // As above.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

function refused(message: string, cause?: unknown): AppError {
  return new AppError('unavailable', 'OUTBOUND_REFUSED', message, {}, cause);
}
