import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { Injectable } from '@nestjs/common';
import { isPublicAddress } from '@dovecote/workflow';
import { AppError } from '../errors/index.js';

export interface OutboundOptions {
  /** Hosts (`name` or `name:port`) that may be reached over plain http and on any address, for development. */
  allowedHosts: readonly string[];
  /** Certificates in PEM of authorities that are trusted beside the public ones. */
  authorities?: string;
  /** Milliseconds for the whole exchange. */
  timeoutMs?: number;
  /** The largest answer that is read. */
  maxBytes?: number;
  /** All addresses of a host name; the system's resolver unless given. */
  lookup?: (hostname: string) => Promise<LookupAddress[]>;
}

/** What is sent; an answer's content type is the only one of its header fields that comes back. */
export interface OutboundRequest {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/** Answers that the Response constructor allows no body for. */
const bodiless = new Set([204, 205, 304]);

/**
 * The one way out of the server: https to public addresses only, the checked addresses are the ones connected to,
 * no redirects, bounded time and size.
 */
@Injectable()
export class OutboundClient {
  /** Undefined: what Node trusts. */
  private readonly ca: string[] | undefined;

  constructor(private readonly options: OutboundOptions) {
    this.ca = options.authorities === undefined ? undefined : [...rootCertificates, options.authorities];
  }

  /** Fetches a document; refuses with UNAVAILABLE when the address is not allowed or nothing usable answers. */
  get(address: string): Promise<Response> {
    return this.send(address, { method: 'GET' });
  }

  /** Sends a request; refuses like `get`. */
  async send(address: string, request: OutboundRequest): Promise<Response> {
    if (!URL.canParse(address)) throw refused('The address is no URL.');
    const url = new URL(address);
    const { allowedHosts, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = this.options;
    const exempt = allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname);
    if (url.protocol !== 'https:' && !exempt) throw refused(`${url.protocol}//${url.host} is not https.`);
    const addresses = await this.resolve(url.hostname, exempt);
    try {
      const response = await open(url, request, {
        addresses,
        ca: this.ca,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const body = await bodyOf(response, maxBytes);
      const status = response.statusCode ?? 502;
      const headers = { 'content-type': response.headers['content-type'] ?? '' };
      return new Response(bodiless.has(status) ? null : new Uint8Array(body), { status, headers });
    } catch (error) {
      throw error instanceof AppError ? error : refused(`${url.host} does not answer.`, error);
    }
  }

  private async resolve(hostname: string, exempt: boolean): Promise<LookupAddress[]> {
    const lookup = this.options.lookup ?? ((name) => systemLookup(name, { all: true }));
    const answers = await lookup(hostname.replace(/^\[|\]$/g, '')).catch((error: unknown) => {
      throw refused(`${hostname} cannot be resolved.`, error);
    });
    // One private answer among public ones is an attack, not an accident.
    if (answers.length === 0 || (!exempt && !answers.every(({ address }) => isPublicAddress(address)))) {
      throw refused(`${hostname} does not resolve to a public address.`);
    }
    return answers;
  }
}

function open(
  url: URL,
  { method, headers, body }: OutboundRequest,
  { addresses, ca, signal }: { addresses: LookupAddress[]; ca?: string[]; signal: AbortSignal },
): Promise<IncomingMessage> {
  // The name is not resolved again: between check and use its answer could change.
  const lookup: LookupFunction = (_hostname, options, callback) => {
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    send(url, { method, headers, lookup, ca, signal, agent: false }, resolve).on('error', reject).end(body);
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

function refused(message: string, cause?: unknown): AppError {
  return new AppError('unavailable', 'OUTBOUND_REFUSED', message, {}, cause);
}
