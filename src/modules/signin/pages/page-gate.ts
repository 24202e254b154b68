import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { originOf, PageError } from '../../../platform/http/door/index.js';
import type { PageReply } from '../../../platform/http/page.js';
import { ConnectStrategy } from '../../../platform/rpc/connect.strategy.js';
import { PageClient } from './page-client.js';
import { foreignForm } from './page-form.js';
import { PageCookies, type PageSession, type PendingSignIn } from './page-session.js';

/** What is read of a request; Fastify's has more. */
export interface PageRequest {
  readonly headers: IncomingHttpHeaders;
}

export interface GateReply extends PageReply {
  header(name: string, value: string | string[]): unknown;
}

/** The session, client address and cookies of a page request, and the check against cross-site requests. */
@Injectable()
export class PageGate {
  private readonly publicOrigin: string;
  private readonly cookies: PageCookies;

  constructor(
    private readonly strategy: ConnectStrategy,
    @Inject(CONFIG) { http }: Config,
  ) {
    this.publicOrigin = new URL(http.publicUrl).origin;
    this.cookies = new PageCookies(this.publicOrigin.startsWith('https:'));
  }

  client(request: PageRequest, session?: PageSession): PageClient {
    const { address, requestId } = originOf(request);
    return new PageClient(this.strategy, address, requestId, session);
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

  /**
   * The origin of this server that a form was sent from; refuses forms of other sites. Browsers send the
   * origin with a POST.
   */
  ownSiteOf({ headers }: PageRequest): string {
    const { origin, host } = headers;
    const own = [this.publicOrigin, `http://${host}`, `https://${host}`];
    if (origin !== undefined && own.includes(origin)) return origin;
    throw new PageError(foreignForm(), 'The form was sent from another site.');
  }
}
