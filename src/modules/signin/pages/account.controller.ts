import { Body, Controller, Get, Post, Req, Res } from '@nestjs/common';
import { type Page, sendPage, sendTo } from '../../../platform/http/page.js';
import { AccountCalls } from './account.calls.js';
import { accountPage, leavePage, newPasskeyPage } from './account.page.js';
import { type Fields, fieldsOf, messageOf, needsSignIn } from './page-form.js';
import { type GateReply, PageGate, type PageRequest } from './page-gate.js';
import { signInLink, signInPage } from './sign-in.page.js';
import { ACCOUNT } from './paths.js';
import { UseDoor } from '../../../platform/http/door/index.js';
import { ownPageDoor } from './doors.js';

/** The account page: what a person sees and changes of their own account. */
@UseDoor(ownPageDoor)
@Controller(ACCOUNT.slice(1))
export class AccountController {
  constructor(private readonly gate: PageGate) {}

  @Get()
  async show(@Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const calls = this.calls(request);
    if (!calls) return sendTo(reply, signInLink(ACCOUNT));
    sendPage(reply, await this.page(reply, calls));
  }

  @Post('invitations/accept')
  accept(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.perform(body, request, reply, (calls, fields) => calls.accept(fields));
  }

  @Post('invitations/decline')
  decline(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.perform(body, request, reply, (calls, fields) => calls.decline(fields));
  }

  @Post('organizations/leave')
  leave(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.perform(body, request, reply, async (calls, fields) => {
      if (fields.sure === 'yes') return calls.leave(fields);
      const { organizations } = (await calls.load()).self;
      const organization = organizations.find(({ id }) => id === fields.org_id);
      return organization && leavePage(organization);
    });
  }

  @Post('passkeys')
  startPasskey(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.perform(body, request, reply, async (calls, { name = '' }) =>
      newPasskeyPage(await calls.startPasskey(), name),
    );
  }

  @Post('passkeys/add')
  addPasskey(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.perform(body, request, reply, (calls, fields) => calls.addPasskey(fields));
  }

  @Post('passkeys/remove')
  removePasskey(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    return this.perform(body, request, reply, (calls, fields) => calls.removePasskey(fields));
  }

  /** Shows the page that the action answers, or the account as it is afterwards. */
  private async perform(
    body: unknown,
    request: PageRequest,
    reply: GateReply,
    action: (calls: AccountCalls, fields: Fields) => Promise<Page | void | undefined>,
  ): Promise<void> {
    const calls = this.calls(request);
    if (!calls) return sendTo(reply, signInLink(ACCOUNT));
    try {
      const answer = await action(calls, fieldsOf(body));
      if (answer) sendPage(reply, answer);
      else sendTo(reply, ACCOUNT);
    } catch (error) {
      sendPage(reply, await this.page(reply, calls, error));
    }
  }

  private async page(reply: GateReply, calls: AccountCalls, failure?: unknown): Promise<Page> {
    try {
      if (needsSignIn(failure)) throw failure;
      return accountPage(await calls.load(), failure === undefined ? undefined : messageOf(failure));
    } catch (error) {
      const said = messageOf(error);
      this.gate.keep(reply, undefined);
      return signInPage({ error: said, next: ACCOUNT });
    }
  }

  private calls(request: PageRequest): AccountCalls | undefined {
    const session = this.gate.session(request);
    return session && new AccountCalls(this.gate.client(request, session));
  }
}
