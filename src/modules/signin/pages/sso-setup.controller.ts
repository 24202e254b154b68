import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { type Page, page, sendPage, sendTo } from '../../../platform/http/page.js';
import { conditionsOf } from './enforcement-conditions.js';
import { type Fields, fieldsOf, messageOf, needsSignIn } from './page-form.js';
import { type GateReply, PageGate, type PageRequest } from './page-gate.js';
import { signInLink, signInPage } from './sign-in.page.js';
import { connectionPage, newConnectionPage, untestedPage } from './sso-connection.page.js';
import { enforcementPage } from './sso-enforcement.page.js';
import { loginPage } from './sso-login.page.js';
import { providers } from './provider-guides.js';
import { SsoSetupCalls } from './sso-setup.calls.js';
import { noAccessPage, setupPage } from './sso-setup.page.js';
import { SETUP } from './paths.js';
import { UseDoor } from '../../../platform/http/door/index.js';
import { setupDoor, signedOutPage } from './doors.js';

/** What a button leads to: an address, a page, or the setup page again. */
type Action = (calls: SsoSetupCalls, fields: Fields) => Promise<string | Page | void>;

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['domains', (calls, fields) => calls.addDomain(fields)],
  ['domains/verify', (calls, fields) => calls.verifyDomain(fields)],
  ['domains/remove', (calls, fields) => calls.removeDomain(fields)],
  ['connections/new', connect],
  ['connections/rename', editing((calls, fields) => calls.rename(fields))],
  ['connections/settings', editing((calls, fields) => calls.saveSettings(fields))],
  ['connections/provisioning', editing((calls, fields) => calls.saveProvisioning(fields))],
  ['connections/delete', deleteConnection],
  ['connections/test', (calls, fields) => calls.test(fields)],
  ['connections/activate', activate],
  ['connections/disable', (calls, fields) => calls.disable(fields)],
  ['connections/vouch', (calls, fields) => calls.vouch(fields)],
  ['connections/refresh', (calls, fields) => calls.refresh(fields)],
  ['enforcement', (calls, fields) => calls.enforce(fields)],
  ['break-glass/arm', (calls, fields) => calls.armBreakGlass(fields)],
  ['break-glass/disarm', (calls, fields) => calls.disarmBreakGlass(fields)],
]);

/** The pages on which an admin sets up single sign-on: forms and links, no script. */
@UseDoor(setupDoor)
@Controller('setup')
export class SsoSetupController {
  constructor(private readonly gate: PageGate) {}

  @Get()
  enter(@Res() reply: GateReply): void {
    sendTo(reply, SETUP);
  }

  @Get('sso')
  show(@Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.view(request, reply, SETUP, async (calls) =>
      setupPage(await calls.load(await calls.self()), undefined),
    );
  }

  @Get('sso/enforcement')
  enforcement(@Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.view(request, reply, `${SETUP}/enforcement`, async (calls) => {
      const setup = await calls.load(await calls.self());
      return enforcementPage(setup, conditionsOf(setup, Date.now()));
    });
  }

  @Get('sso/connections/new')
  newConnection(
    @Query() query: unknown,
    @Req() request: PageRequest,
    @Res() reply: GateReply,
  ): Promise<void> {
    const key = fieldsOf(query).provider ?? 'other';
    const guide = providers.get(key);
    if (!guide) return Promise.resolve(sendPage(reply, unknownPage()));
    return this.view(request, reply, `${SETUP}/connections/new?provider=${key}`, async (calls) =>
      newConnectionPage({ key, guide, ours: await calls.prepare({}), fields: {} }),
    );
  }

  @Get('sso/connections/:id')
  connection(@Param('id') id: string, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.view(request, reply, SETUP, (calls) => editPage(calls, id));
  }

  @Get('sso/logins/:id')
  login(@Param('id') id: string, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.view(request, reply, `${SETUP}/logins/${encodeURIComponent(id)}`, async (calls) => {
      const login = await calls.login(id);
      return login ? loginPage(login) : unknownPage();
    });
  }

  @Post('sso/:subject')
  act(
    @Param('subject') subject: string,
    @Body() body: unknown,
    @Req() request: PageRequest,
    @Res() reply: GateReply,
  ): Promise<void> {
    return this.perform(subject, body, request, reply);
  }

  @Post('sso/:subject/:verb')
  actOn(
    @Param() { subject, verb }: { subject: string; verb: string },
    @Body() body: unknown,
    @Req() request: PageRequest,
    @Res() reply: GateReply,
  ): Promise<void> {
    return this.perform(`${subject}/${verb}`, body, request, reply);
  }

  private async perform(name: string, body: unknown, request: PageRequest, reply: GateReply): Promise<void> {
    const action = actions.get(name);
    if (!action) return sendPage(reply, unknownPage());
    const calls = this.calls(request);
    if (!calls) return sendPage(reply, signedOutPage());
    try {
      const answer = (await action(calls, fieldsOf(body))) ?? `${SETUP}#${name.split('/')[0]}`;
      if (typeof answer === 'string') sendTo(reply, answer);
      else sendPage(reply, answer);
    } catch (error) {
      sendPage(reply, await this.failed(reply, calls, error, SETUP));
    }
  }

  private async view(
    request: PageRequest,
    reply: GateReply,
    next: string,
    made: (calls: SsoSetupCalls) => Promise<Page>,
  ): Promise<void> {
    const calls = this.calls(request);
    if (!calls) return sendTo(reply, signInLink(next));
    try {
      sendPage(reply, await made(calls));
    } catch (error) {
      sendPage(reply, await this.failed(reply, calls, error, next));
    }
  }

  /** The setup page with the error on top. Without access to it, the error and the sign-in state only. */
  private async failed(
    reply: GateReply,
    calls: SsoSetupCalls,
    failure: unknown,
    next: string,
  ): Promise<Page> {
    const said = messageOf(failure);
    if (needsSignIn(failure)) return this.signedOut(reply, said, next);
    try {
      const self = await calls.self();
      return await calls.load(self).then(
        (setup) => setupPage(setup, said),
        (error: unknown) => noAccessPage(messageOf(error), self),
      );
    } catch (error) {
      return this.signedOut(reply, messageOf(error), next);
    }
  }

  private signedOut(reply: GateReply, error: string, next: string): Page {
    this.gate.keep(reply, undefined);
    return signInPage({ error, next });
  }

  private calls(request: PageRequest): SsoSetupCalls | undefined {
    const session = this.gate.session(request);
    return session && new SsoSetupCalls(this.gate.client(request, session));
  }
}

/** Makes the connection; a refused form is shown again as it was filled in, but for the secret. */
async function connect(calls: SsoSetupCalls, fields: Fields): Promise<Page | void> {
  try {
    await calls.connect(fields);
  } catch (failure) {
    const { provider: key = 'other' } = fields;
    const guide = providers.get(key);
    if (!guide || needsSignIn(failure)) throw failure;
    // A reservation that has ended is replaced, and the steps show the new addresses.
    const ours = await calls.prepare(fields).catch(() => calls.prepare({}));
    return newConnectionPage({ key, guide, ours, fields, error: messageOf(failure) });
  }
}

function editing(save: (calls: SsoSetupCalls, fields: Fields) => Promise<void>): Action {
  return async (calls, fields) => {
    const { connection_id: id = '' } = fields;
    try {
      await save(calls, fields);
      return `${SETUP}/connections/${encodeURIComponent(id)}`;
    } catch (failure) {
      if (needsSignIn(failure)) throw failure;
      return editPage(calls, id, messageOf(failure));
    }
  };
}

async function editPage(calls: SsoSetupCalls, id: string, error?: string): Promise<Page> {
  const [connection, roles] = await Promise.all([calls.connection(id), calls.roles()]);
  return connection ? connectionPage(connection, roles, error) : unknownPage();
}

async function deleteConnection(calls: SsoSetupCalls, fields: Fields): Promise<Page | void> {
  const { connection_id: id = '', confirmation = '' } = fields;
  const connection = await calls.connection(id);
  if (connection && connection.name.trim() !== confirmation) {
    return editPage(calls, id, 'The name does not match the name of the connection; nothing was deleted.');
  }
  await calls.delete(fields);
}

async function activate(calls: SsoSetupCalls, fields: Fields): Promise<Page | void> {
  const { connection_id: id = '', untested } = fields;
  if (untested !== 'accepted' && !(await calls.wasTested(id))) return untestedPage(id);
  await calls.activate(fields);
}

function unknownPage(): Page {
  return page(404, 'Not found', 'There is no such page or action.');
}
