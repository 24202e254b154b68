import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { equalSecrets } from '@dovecote/secret';
import { calculatePKCECodeChallenge } from 'openid-client';
import { sendPage, sendTo } from '../../platform/http/page.js';
import { failureOf, fieldsOf, foreignForm, isNotFound, messageOf } from './setup-form.js';
import { SetupGate, type SetupReply, type SetupRequest } from './setup-gate.js';
import { newSignIn, readSession, readSignIn } from './setup-session.js';
import { arrivedPage, codePage, HOME, signInPage } from './sign-in.page.js';

const CALLBACK = `${HOME}/callback`;
const NOWHERE = 'No organization signs in through a provider with such an address.';

/** How an admin comes to the setup page, and goes: by a code, or through the provider that they have set up. */
@Controller('setup/sso')
export class SignInController {
  constructor(private readonly gate: SetupGate) {}

  @Post('code')
  async code(@Body() body: unknown, @Req() request: SetupRequest, @Res() reply: SetupReply): Promise<void> {
    if (!this.gate.originOf(request)) return sendPage(reply, foreignForm());
    const fields = fieldsOf(body);
    const { email = '' } = fields;
    const error = await failureOf(this.gate.api(request).requestCode(fields));
    sendPage(reply, error ? signInPage({ error }, email) : codePage({}, email));
  }

  @Post('session')
  async signIn(@Body() body: unknown, @Req() request: SetupRequest, @Res() reply: SetupReply): Promise<void> {
    if (!this.gate.originOf(request)) return sendPage(reply, foreignForm());
    const fields = fieldsOf(body);
    try {
      const accessToken = await this.gate.api(request).signIn(fields);
      this.gate.keep(reply, { accessToken, orgId: '' });
      sendTo(reply, HOME);
    } catch (error) {
      sendPage(reply, codePage({ error: messageOf(error) }, fields.email ?? ''));
    }
  }

  @Post('provider')
  async provider(
    @Body() body: unknown,
    @Req() request: SetupRequest,
    @Res() reply: SetupReply,
  ): Promise<void> {
    const origin = this.gate.originOf(request);
    if (!origin) return sendPage(reply, foreignForm());
    const { email = '' } = fieldsOf(body);
    const signIn = newSignIn();
    try {
      const url = await this.gate.api(request).startSsoSignIn({
        hint: { case: 'email', value: email },
        redirectUri: `${origin}${CALLBACK}`,
        state: signIn.state,
        codeChallenge: await calculatePKCECodeChallenge(signIn.codeVerifier),
      });
      this.gate.keepSignIn(reply, signIn);
      sendTo(reply, url);
    } catch (error) {
      sendPage(reply, signInPage({ error: isNotFound(error) ? NOWHERE : messageOf(error) }, email));
    }
  }

  /** Where the provider's answer leads. Whoever did not begin here is not signed in here: not even as somebody else. */
  @Get('callback')
  async callback(
    @Query() query: unknown,
    @Req() request: SetupRequest,
    @Res() reply: SetupReply,
  ): Promise<void> {
    const { state = '', code = '', error_description: refusal } = fieldsOf(query);
    const signIn = readSignIn(request.headers.cookie);
    if (!signIn || !equalSecrets(signIn.state, state)) {
      return sendPage(reply, signInPage({ error: 'This browser waits for no such sign-in; begin it here.' }));
    }
    this.gate.keepSignIn(reply, undefined);
    if (refusal !== undefined) return sendPage(reply, signInPage({ error: refusal }));
    try {
      const accessToken = await this.gate.api(request).exchangeSsoCode(code, signIn.codeVerifier);
      this.gate.keep(reply, { accessToken, orgId: '' });
      // By a page of ours: what another site led to is not sent the cookies of the session.
      reply.header('refresh', `0; url=${HOME}`);
      sendPage(reply, arrivedPage());
    } catch (error) {
      sendPage(reply, signInPage({ error: messageOf(error) }));
    }
  }

  @Post('sign-out')
  async signOut(@Req() request: SetupRequest, @Res() reply: SetupReply): Promise<void> {
    if (!this.gate.originOf(request)) return sendPage(reply, foreignForm());
    const session = readSession(request.headers.cookie);
    // Gone from the browser, whether or not the session still lived.
    if (session) await failureOf(this.gate.api(request, session).signOut());
    this.gate.keep(reply, undefined);
    sendTo(reply, HOME);
  }

  @Post('organization')
  choose(@Body() body: unknown, @Req() request: SetupRequest, @Res() reply: SetupReply): void {
    if (!this.gate.originOf(request)) return sendPage(reply, foreignForm());
    const session = readSession(request.headers.cookie);
    if (session) this.gate.keep(reply, { ...session, orgId: fieldsOf(body).org_id ?? '' });
    sendTo(reply, HOME);
  }
}
