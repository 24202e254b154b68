import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AppError } from '../../../platform/errors/index.js';
import { type PageReply, sendPage } from '../../../platform/http/page.js';
import { requestAddress } from '../../../platform/http/request-address.js';
import type { ScopeOrigin } from '../../../platform/scope/index.js';
import { Connections } from '../sso/index.js';
import { messagePage } from './login.page.js';

/** What is read of a request; Fastify's has more. */
export interface BrowserRequest {
  readonly id: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string };
}

/** Requests of browsers that come from, or go to, an identity provider: no RPCs, and without a credential. */
@Injectable()
export class Browser {
  private readonly addressOf: ReturnType<typeof requestAddress>;

  constructor(
    private readonly connections: Connections,
    @Inject(CONFIG) config: Config,
  ) {
    this.addressOf = requestAddress(config.http.trustedProxies);
  }

  /** Runs `work` for the connection's organization; answers a page for whatever a person can do something about. */
  async serve(
    request: BrowserRequest,
    reply: PageReply,
    connectionId: string,
    work: (origin: ScopeOrigin) => Promise<void>,
  ): Promise<void> {
    const address = this.addressOf(request);
    try {
      const before = { caller: { kind: 'anonymous' } as const, requestId: request.id, address };
      const orgId = isUuid(connectionId)
        ? await this.connections.ownerOf(before, connectionId.toLowerCase())
        : undefined;
      if (!orgId)
        return sendPage(reply, messagePage(404, 'Unknown connection', 'There is no such connection.'));
      await work({ caller: { kind: 'system', orgId }, requestId: request.id, address });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      sendPage(reply, messagePage(statusOf(error), 'Request failed', error.message));
    }
  }
}

function statusOf({ kind }: AppError): number {
  if (kind === 'resource_exhausted') return 429;
  if (kind === 'not_found') return 404;
  return kind === 'unavailable' ? 503 : 400;
}

/** A field of a posted form that was sent once. */
export function fieldOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' ? value : undefined;
}
