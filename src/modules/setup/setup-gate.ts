import type { IncomingHttpHeaders } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../platform/config/config.module.js';
import type { Config } from '../../platform/config/index.js';
import type { PageReply } from '../../platform/http/page.js';
import { requestAddress } from '../../platform/http/request-address.js';
import { ConnectStrategy } from '../../platform/rpc/connect.strategy.js';
import { SetupApi } from './setup-api.js';
import { type SetupSession, type SetupSignIn, writeSession, writeSignIn } from './setup-session.js';

export interface SetupRequest {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string };
}

export interface SetupReply extends PageReply {
  header(name: string, value: string | string[]): unknown;
}

/** Who comes to the setup page, from where, and what their browser keeps. */
@Injectable()
export class SetupGate {
  private readonly addressOf: ReturnType<typeof requestAddress>;
  private readonly publicOrigin: string;

  constructor(
    private readonly strategy: ConnectStrategy,
    @Inject(CONFIG) { http }: Config,
  ) {
    this.addressOf = requestAddress(http.trustedProxies);
    this.publicOrigin = new URL(http.publicUrl).origin;
  }

  api(request: SetupRequest, session?: SetupSession): SetupApi {
    return new SetupApi(this.strategy, this.addressOf(request), request.id, session);
  }

  /** Where a form of ours was sent from; undefined for another site's. Browsers say where a POST comes from. */
  originOf({ headers }: SetupRequest): string | undefined {
    const { origin, host } = headers;
    const own = [this.publicOrigin, `http://${host}`, `https://${host}`];
    return origin !== undefined && own.includes(origin) ? origin : undefined;
  }

  keep(reply: SetupReply, session: SetupSession | undefined): void {
    reply.header('set-cookie', writeSession(session, this.secure));
  }

  keepSignIn(reply: SetupReply, signIn: SetupSignIn | undefined): void {
    reply.header('set-cookie', writeSignIn(signIn, this.secure));
  }

  private get secure(): boolean {
    return this.publicOrigin.startsWith('https:');
  }
}
