import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { type ClientAddress, clientAddress } from '@dovecote/rpc';
import { v7 as uuid, validate as isUuid } from 'uuid';
import { CONFIG } from '../../platform/config/config.module.js';
import type { Config } from '../../platform/config/index.js';
import { AppError } from '../../platform/errors/index.js';
import type { ScopeOrigin } from '../../platform/scope/index.js';
import { AddressThrottle } from '../../platform/throttle/address-throttle.js';
import { Connections } from '../sso/index.js';
import { messagePage, type Page } from './pages.js';

/** What is read of a request; Fastify's has more. */
export interface BrowserRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string };
}

/** What is written of a reply. */
export interface BrowserReply {
  code(status: number): this;
  headers(fields: Record<string, string>): this;
  send(body: string): unknown;
}

/** Requests of browsers that come from, or go to, an identity provider: no RPCs, and without a credential. */
@Injectable()
export class Browser {
  private readonly addressOf: ClientAddress;

  constructor(
    private readonly throttle: AddressThrottle,
    private readonly connections: Connections,
    @Inject(CONFIG) config: Config,
  ) {
    this.addressOf = clientAddress(config.http.trustedProxies);
  }

  /** Runs `work` for the connection's organization; answers a page for whatever a person can do something about. */
  async serve(
    request: BrowserRequest,
    reply: BrowserReply,
    connectionId: string,
    work: (origin: ScopeOrigin) => Promise<void>,
  ): Promise<void> {
    const forwarded = request.headers['x-forwarded-for'];
    const address = this.addressOf(
      request.socket.remoteAddress,
      Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
    );
    try {
      await this.throttle.takeFrom(address);
      const orgId = isUuid(connectionId)
        ? await this.connections.ownerOf(connectionId.toLowerCase())
        : undefined;
      if (!orgId) return show(reply, messagePage(404, 'Unknown connection', 'There is no such connection.'));
      await work({ caller: { kind: 'system', orgId }, requestId: uuid(), address });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      show(reply, messagePage(statusOf(error), 'That did not work', error.message));
    }
  }
}

export function show(reply: BrowserReply, { status, html }: Page): void {
  void reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // Forms go to providers, whose addresses differ.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .send(html);
}

export function redirect(reply: BrowserReply, location: string): void {
  void reply
    .code(303)
    .headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .send('');
}

function statusOf({ kind }: AppError): number {
  if (kind === 'resource_exhausted') return 429;
  if (kind === 'not_found') return 404;
  return kind === 'unavailable' ? 503 : 400;
}
