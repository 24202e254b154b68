import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import type { PageReply } from '../../../platform/http/page.js';
import { requestAddress } from '../../../platform/http/request-address.js';
import { ConnectStrategy } from '../../../platform/rpc/connect.strategy.js';
import { PageClient } from './page-client.js';
import { PageCookies, type PageSession, type PendingSignIn } from './page-session.js';

export interface PageRequest {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string };
}

export interface GateReply extends PageReply {
  header(name: string, value: string | string[]): unknown;
}

/** The session, client address and cookies of a page request, and the check against cross-site requests. */
@Injectable()
export class PageGate {
  private readonly addressOf: ReturnType<typeof requestAddress>;
  private readonly publicOrigin: string;
  private readonly cookies: PageCookies;

  constructor(
    private readonly strategy: ConnectStrategy,
    @Inject(CONFIG) { http }: Config,
  ) {
    this.addressOf = requestAddress(http.trustedProxies);
    this.publicOrigin = new URL(http.publicUrl).origin;
    this.cookies = new PageCookies(this.publicOrigin.startsWith('https:'));
  }

  client(request: PageRequest, session?: PageSession): PageClient {
    return new PageClient(this.strategy, this.addressOf(request), request.id, session);
  }

  session({ headers }: PageRequest): PageSession | undefined {
    return this.cookies.session(headers.cookie);
  }

  keep(reply: GateReply, session: PageSession | undefined): void {
    reply.header('set-cookie', this.cookies.writeSession(session));
  }

  signIn({ headers }: PageRequest): PendingSignIn | undefined {
    return this.cookies.signIn(headers.cookie);
  }

  keepSignIn(reply: GateReply, signIn: PendingSignIn | undefined): void {
    reply.header('set-cookie', this.cookies.writeSignIn(signIn));
  }

  /** Where one of our forms was sent from; undefined for a form of another site. Browsers name the origin of a POST. */
  originOf({ headers }: PageRequest): string | undefined {
    const { origin, host } = headers;
    const own = [this.publicOrigin, `http://${host}`, `https://${host}`];
    return origin !== undefined && own.includes(origin) ? origin : undefined;
  }
}
