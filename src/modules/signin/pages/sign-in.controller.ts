import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { equalSecrets } from '@dovecote/secret';
import { sendPage, sendTo } from '../../../platform/http/page.js';
import { destinationOf } from './destination.rules.js';
import { type GateReply, PageGate, type PageRequest } from './page-gate.js';
import { failureOf, type Fields, fieldsOf, isNotFound, messageOf } from './page-form.js';
import { newSignIn, type PageSession } from './page-session.js';
import { SignInCalls } from './sign-in.calls.js';
import { codePage, passkeyPage, type SignInForm, signInPage } from './sign-in.page.js';
import { SIGN_IN } from './paths.js';
import { UseDoor } from '../../../platform/http/door/index.js';
import { ownPageDoor } from './doors.js';

const CALLBACK = `${SIGN_IN}/callback`;
const NO_PROVIDER = 'No organization signs in through a provider with such an address.';

/** How a person signs in to the pages of this server: by a code, a passkey, or their organization's provider. */
@UseDoor(ownPageDoor)
@Controller('sign-in')
export class SignInController {
  constructor(private readonly gate: PageGate) {}

  @Get()
  show(@Query() query: unknown, @Res() reply: GateReply): void {
    sendPage(reply, signInPage(formOf(fieldsOf(query))));
  }

  @Post('code')
  async code(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const fields = fieldsOf(body);
    const form = formOf(fields);
    const error = await failureOf(this.calls(request).requestCode(fields));
    sendPage(reply, error ? signInPage({ ...form, error }) : codePage(form));
  }

  @Post('session')
  async verify(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const fields = fieldsOf(body);
    const form = formOf(fields);
    try {
      this.enter(reply, await this.calls(request).byCode(fields), form.next);
    } catch (error) {
      sendPage(reply, codePage({ ...form, error: messageOf(error) }));
    }
  }

  @Post('passkey')
  async passkey(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const form = formOf(fieldsOf(body));
    try {
      sendPage(reply, passkeyPage(await this.calls(request).startWithPasskey(), form));
    } catch (error) {
      sendPage(reply, signInPage({ ...form, error: messageOf(error) }));
    }
  }

  @Post('passkey/session')
  async verifyPasskey(
    @Body() body: unknown,
    @Req() request: PageRequest,
    @Res() reply: GateReply,
  ): Promise<void> {
    const fields = fieldsOf(body);
    const form = formOf(fields);
    try {
      this.enter(reply, await this.calls(request).byPasskey(fields), form.next);
    } catch (error) {
      sendPage(reply, signInPage({ ...form, error: messageOf(error) }));
    }
  }

  @Post('provider')
  async provider(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const site = this.gate.ownSiteOf(request);
    const form = formOf(fieldsOf(body));
    const signIn = newSignIn(form.next);
    try {
      const url = await this.calls(request).startAtProvider(form.email, `${site}${CALLBACK}`, signIn);
      this.gate.keepSignIn(reply, signIn);
      sendTo(reply, url);
    } catch (error) {
      sendPage(reply, signInPage({ ...form, error: isNotFound(error) ? NO_PROVIDER : messageOf(error) }));
    }
  }

  /** Where the provider sends the browser back to. Only the browser that began the sign-in is signed in. */
  @Get('callback')
  async callback(
    @Query() query: unknown,
    @Req() request: PageRequest,
    @Res() reply: GateReply,
  ): Promise<void> {
    const { state = '', code = '', error_description: refusal } = fieldsOf(query);
    const pending = this.gate.signIn(request);
    if (!pending || !equalSecrets(pending.state, state)) {
      const error = 'This sign-in did not begin in this browser, or it has expired. Start again.';
      return sendPage(reply, signInPage({ error, next: destinationOf(undefined) }));
    }
    const next = destinationOf(pending.next);
    if (refusal !== undefined) return sendPage(reply, signInPage({ error: refusal, next }));
    try {
      this.enter(reply, await this.calls(request).byProvider(code, pending.codeVerifier), next);
    } catch (error) {
      sendPage(reply, signInPage({ error: messageOf(error), next }));
    }
  }

  @Post('out')
  async signOut(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const session = this.gate.session(request);
    // The browser forgets the session whether or not it still lived.
    if (session) await failureOf(new SignInCalls(this.gate.client(request, session)).signOut());
    this.gate.keep(reply, undefined);
    sendTo(reply, destinationOf(fieldsOf(body).next));
  }

  @Post('organization')
  choose(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): void {
    const session = this.gate.session(request);
    const { org_id: orgId = '', next } = fieldsOf(body);
    if (session) this.gate.keep(reply, { ...session, orgId });
    sendTo(reply, destinationOf(next));
  }

  private calls(request: PageRequest): SignInCalls {
    return new SignInCalls(this.gate.client(request));
  }

  private enter(reply: GateReply, session: PageSession, next: string): void {
    this.gate.keep(reply, session);
    sendTo(reply, next);
  }
}

function formOf({ email = '', next, invitation }: Fields): SignInForm & { email: string } {
  return { email, next: destinationOf(next), invitation };
}
