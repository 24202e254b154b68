import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import { AppError } from '../errors/index.js';
import { isPublicAddress } from './address-rules.js';

export interface OutboundOptions {
  /** Hosts (`name` or `name:port`) that may be reached over plain http and on any address, for development. */
  allowedHosts: readonly string[];
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/**
 * The one way out of the server: https to public addresses only, the checked address is the one connected to,
 * no redirects, bounded time and size.
 */
@Injectable()
export class OutboundClient {
  constructor(private readonly options: OutboundOptions) {}

  /** Fetches a document; refuses with UNAVAILABLE when the address is not allowed or nothing answers. */
  async get(address: string): Promise<Response> {
    const url = new URL(address);
    const exempt =
      this.options.allowedHosts.includes(url.host) || this.options.allowedHosts.includes(url.hostname);
    if (url.protocol !== 'https:' && !exempt) throw refused(`${url.protocol}//${url.host} is not https.`);
    const pinned = await resolve(url.hostname, exempt);
    const response = await open(url, pinned);
    return new Response(new Uint8Array(await bodyOf(response)), { status: response.statusCode ?? 502 });
  }
}

async function resolve(hostname: string, exempt: boolean): Promise<{ address: string; family: number }> {
  const answers = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch((error: unknown) => {
    throw refused(`${hostname} cannot be resolved.`, error);
  });
  const [first] = answers;
  // One private answer among public ones is an attack, not an accident.
  if (!first || (!exempt && answers.some(({ address }) => !isPublicAddress(address)))) {
    throw refused(`${hostname} does not resolve to a public address.`);
  }
  return first;
}

function open(url: URL, pinned: { address: string; family: number }): Promise<IncomingMessage> {
  const lookupPinned: LookupFunction = (_hostname, options, callback) => {
    if (options.all) callback(null, [pinned]);
    else callback(null, pinned.address, pinned.family);
  };
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolveResponse, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    send(url, { lookup: lookupPinned, signal, agent: false }, resolveResponse)
      .on('error', (error) => reject(refused(`${url.host} does not answer.`, error)))
      .end();
  });
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Node types the chunks of a readable stream as any; an IncomingMessage without an encoding yields buffers.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw refused('The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refused(message: string, cause?: unknown): AppError {
  return new AppError('unavailable', 'OUTBOUND_REFUSED', message, {}, cause);
}
