import { Body, Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { type Page, page, sendPage, sendTo } from '../../platform/http/page.js';
import type { Fields, SetupApi } from './setup-api.js';
import { fieldsOf, foreignForm, messageOf, needsSignIn } from './setup-form.js';
import { SetupGate, type SetupReply, type SetupRequest } from './setup-gate.js';
import { elsewherePage, loginPage, setupPage } from './setup.page.js';
import { readSession, type SetupSession } from './setup-session.js';
import { HOME, signInPage } from './sign-in.page.js';

/** What a button does; where it leads, if not back to the page. */
const actions: Readonly<Record<string, (api: SetupApi, fields: Fields) => Promise<string | void>>> = {
  domains: (api, fields) => api.addDomain(fields),
  'domains/verify': (api, fields) => api.verifyDomain(fields),
  'domains/remove': (api, fields) => api.removeDomain(fields),
  connections: (api, fields) => api.connect(fields),
  'connections/test': (api, fields) => api.test(fields),
  'connections/activate': (api, fields) => api.activate(fields),
  'connections/disable': (api, fields) => api.disable(fields),
  'connections/vouch': (api, fields) => api.vouch(fields),
  'connections/refresh': (api, fields) => api.refresh(fields),
  enforcement: (api, fields) => api.enforce(fields),
  'break-glass/arm': (api, fields) => api.armBreakGlass(fields),
  'break-glass/disarm': (api, fields) => api.disarmBreakGlass(fields),
};

/** The setup page of single sign-on: forms and links, no script. */
@Controller('setup')
export class SetupController {
  constructor(private readonly gate: SetupGate) {}

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
      const login = await this.gate.api(request, session).login(id);
      sendPage(reply, login ? loginPage(login) : page(404, 'Login', 'There is no such login.'));
    } catch (error) {
      sendPage(reply, page(404, 'Login', messageOf(error)));
    }
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
    if (!this.gate.originOf(request)) return sendPage(reply, foreignForm());
    const session = readSession(request.headers.cookie);
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) return sendPage(reply, page(404, 'Unknown', 'There is no such button.'));
    if (!session) return sendPage(reply, signInPage({ error: 'You have been signed out; sign in again.' }));
    try {
      const location = await action(this.gate.api(request, session), fieldsOf(body));
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
    const api = this.gate.api(request, session);
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
    this.gate.keep(reply, undefined);
    return signInPage({ error });
  }
}
