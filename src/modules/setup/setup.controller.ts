import type { IncomingHttpHeaders } from 'node:http';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { CONFIG } from '../../platform/config/config.module.js';
import type { Config } from '../../platform/config/index.js';
import { type Page, type PageReply, page, sendPage, sendTo } from '../../platform/http/page.js';
import { requestAddress } from '../../platform/http/request-address.js';
import { ConnectStrategy } from '../../platform/rpc/connect.strategy.js';
import { type Fields, SetupApi } from './setup-api.js';
import { codePage, elsewherePage, loginPage, setupPage, signInPage } from './setup.page.js';
import { readSession, type SetupSession, writeSession } from './setup-session.js';

interface SetupRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string };
}

interface SetupReply extends PageReply {
  header(name: string, value: string | string[]): unknown;
}

const HOME = '/setup/sso';

/** What a button does; where it leads, if not back to the page. */
const actions: Readonly<Record<string, (api: SetupApi, fields: Fields) => Promise<string | void>>> = {
  domains: (api, fields) => api.addDomain(fields),
  'domains/verify': (api, fields) => api.verifyDomain(fields),
  'domains/remove': (api, fields) => api.removeDomain(fields),
  connections: (api, fields) => api.connect(fields),
  'connections/test': (api, fields) => api.test(fields),
  'connections/activate': (api, fields) => api.activate(fields),
  'connections/disable': (api, fields) => api.disable(fields),
  'connections/refresh': (api, fields) => api.refresh(fields),
  enforcement: (api, fields) => api.enforce(fields),
};

/** The setup page of single sign-on: forms and links, no script. */
@Controller('setup')
export class SetupController {
  private readonly addressOf: ReturnType<typeof requestAddress>;

  constructor(
    private readonly strategy: ConnectStrategy,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.addressOf = requestAddress(config.http.trustedProxies);
  }

  @Get()
  enter(@Res() reply: SetupReply): void {
    sendTo(reply, HOME);
  }

  @Get('sso')
  async show(@Req() request: SetupRequest, @Res() reply: SetupReply): Promise<void> {
    const session = readSession(request.headers.cookie);
    sendPage(reply, session ? await this.home(request, reply, session) : signInPage({}));
  }

  @Get('sso/logins/:id')
  async login(
    @Param('id') id: string,
    @Req() request: SetupRequest,
    @Res() reply: SetupReply,
  ): Promise<void> {
    const session = readSession(request.headers.cookie);
    if (!session) return sendPage(reply, signInPage({}));
    try {
      const login = await this.api(request, session).login(id);
      sendPage(reply, login ? loginPage(login) : page(404, 'Login', 'There is no such login.'));
    } catch (error) {
      sendPage(reply, page(404, 'Login', messageOf(error)));
    }
  }

  @Post('sso/code')
  async code(@Body() body: unknown, @Req() request: SetupRequest, @Res() reply: SetupReply): Promise<void> {
    if (!this.isOurs(request)) return sendPage(reply, foreignForm());
    const fields = fieldsOf(body);
    const { email = '' } = fields;
    const error = await failureOf(this.api(request).requestCode(fields));
    sendPage(reply, error ? signInPage({ error }, email) : codePage({}, email));
  }

  @Post('sso/session')
  async signIn(@Body() body: unknown, @Req() request: SetupRequest, @Res() reply: SetupReply): Promise<void> {
    if (!this.isOurs(request)) return sendPage(reply, foreignForm());
    const fields = fieldsOf(body);
    try {
      const accessToken = await this.api(request).signIn(fields);
      this.keep(reply, { accessToken, orgId: '' });
      sendTo(reply, HOME);
    } catch (error) {
      sendPage(reply, codePage({ error: messageOf(error) }, fields.email ?? ''));
    }
  }

  @Post('sso/sign-out')
  async signOut(@Req() request: SetupRequest, @Res() reply: SetupReply): Promise<void> {
    if (!this.isOurs(request)) return sendPage(reply, foreignForm());
    const session = readSession(request.headers.cookie);
    // Gone from the browser, whether or not the session still lived.
    if (session) await failureOf(this.api(request, session).signOut());
    this.keep(reply, undefined);
    sendTo(reply, HOME);
  }

  @Post('sso/organization')
  choose(@Body() body: unknown, @Req() request: SetupRequest, @Res() reply: SetupReply): void {
    if (!this.isOurs(request)) return sendPage(reply, foreignForm());
    const session = readSession(request.headers.cookie);
    if (session) this.keep(reply, { ...session, orgId: fieldsOf(body).org_id ?? '' });
    sendTo(reply, HOME);
  }

  @Post('sso/:subject')
  act(
    @Param('subject') subject: string,
    @Body() body: unknown,
    @Req() request: SetupRequest,
    @Res() reply: SetupReply,
  ): Promise<void> {
    return this.perform(subject, body, request, reply);
  }

  @Post('sso/:subject/:verb')
  actOn(
    @Param() { subject, verb }: { subject: string; verb: string },
    @Body() body: unknown,
    @Req() request: SetupRequest,
    @Res() reply: SetupReply,
  ): Promise<void> {
    return this.perform(`${subject}/${verb}`, body, request, reply);
  }

  private async perform(
    name: string,
    body: unknown,
    request: SetupRequest,
    reply: SetupReply,
  ): Promise<void> {
    if (!this.isOurs(request)) return sendPage(reply, foreignForm());
    const session = readSession(request.headers.cookie);
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) return sendPage(reply, page(404, 'Unknown', 'There is no such button.'));
    if (!session) return sendPage(reply, signInPage({ error: 'You have been signed out; sign in again.' }));
    try {
      const location = await action(this.api(request, session), fieldsOf(body));
      sendTo(reply, location ?? `${HOME}#${name.split('/')[0]}`);
    } catch (error) {
      sendPage(reply, await this.home(request, reply, session, error));
    }
  }

  /** The page itself, with what went wrong on top. */
  private async home(
    request: SetupRequest,
    reply: SetupReply,
    session: SetupSession,
    failure?: unknown,
  ): Promise<Page> {
    const api = this.api(request, session);
    if (needsSignIn(failure)) return this.signedOut(reply, messageOf(failure));
    try {
      const self = await api.self();
      try {
        return setupPage(await api.load(self), {
          error: failure === undefined ? undefined : messageOf(failure),
        });
      } catch (error) {
        return elsewherePage(messageOf(error), self);
      }
    } catch (error) {
      return this.signedOut(reply, messageOf(error));
    }
  }

  private signedOut(reply: SetupReply, error: string): Page {
    this.keep(reply, undefined);
    return signInPage({ error });
  }

  private keep(reply: SetupReply, session: SetupSession | undefined): void {
    reply.header('set-cookie', writeSession(session, this.config.http.publicUrl.startsWith('https:')));
  }

  private api(request: SetupRequest, session?: SetupSession): SetupApi {
    return new SetupApi(this.strategy, this.addressOf(request), session);
  }

  /** Whether the form was one of ours: browsers say where a POST comes from. */
  private isOurs({ headers }: SetupRequest): boolean {
    const { origin, host } = headers;
    const own = [new URL(this.config.http.publicUrl).origin, `http://${host}`, `https://${host}`];
    return origin !== undefined && own.includes(origin);
  }
}

function foreignForm(): Page {
  return page(403, 'Not from here', 'This form was sent from another site; nothing was done.');
}

function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null) return {};
  const entries = Object.entries(body).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, value.trim()]));
}

async function failureOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
}

function messageOf(error: unknown): string {
  if (!(error instanceof ConnectError)) throw error;
  return error.rawMessage.replace(/^insufficient_user_authentication: /, 'Sign in again: ');
}

/** A proof that has become too old is renewed by signing in. */
function needsSignIn(error: unknown): boolean {
  if (!(error instanceof ConnectError) || error.code !== Code.Unauthenticated) return false;
  return error.findDetails(ErrorInfoSchema).length > 0;
}
