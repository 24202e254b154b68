import { Body, Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { InviteLinkService } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { sendPage } from '../../../platform/http/page.js';
import { joinCodePage, joinedPage, joinPage } from './join.page.js';
import type { PageClient } from './page-client.js';
import { fieldsOf, messageOf } from './page-form.js';
import { type GateReply, PageGate, type PageRequest } from './page-gate.js';
import { SignInCalls } from './sign-in.calls.js';
import { JOIN } from './paths.js';
import { UseDoor } from '../../../platform/http/door/index.js';
import { ownPageDoor } from './doors.js';

/** Where an invite link leads: the person proves their address by a code, and becomes a member. */
@UseDoor(ownPageDoor)
@Controller(JOIN.slice(1))
export class JoinController {
  constructor(private readonly gate: PageGate) {}

  @Get()
  async show(@Query() query: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const { token = '' } = fieldsOf(query);
    sendPage(reply, joinPage({ token, signedInAs: await this.signedInAs(request) }), secretAddress);
  }

  @Post('code')
  async code(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const { token = '', email = '' } = fieldsOf(body);
    const client = this.gate.client(request);
    try {
      const { organizationName: organization } = await validate(client, token, email);
      await new SignInCalls(client).requestCode({ email });
      sendPage(reply, joinCodePage({ token, email, organization }), secretAddress);
    } catch (error) {
      sendPage(reply, joinPage({ token, email, error: messageOf(error) }), secretAddress);
    }
  }

  @Post('session')
  async verify(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const fields = fieldsOf(body);
    const { token = '', email = '', organization = '' } = fields;
    try {
      const session = await new SignInCalls(this.gate.client(request)).byCode(fields);
      this.gate.keep(reply, session);
      await this.redeem(reply, this.gate.client(request, session), token);
    } catch (error) {
      sendPage(reply, joinCodePage({ token, email, organization, error: messageOf(error) }), secretAddress);
    }
  }

  /** For a person who is already signed in. */
  @Post()
  async join(@Body() body: unknown, @Req() request: PageRequest, @Res() reply: GateReply): Promise<void> {
    const { token = '' } = fieldsOf(body);
    await this.redeem(reply, this.gate.client(request, this.gate.session(request)), token);
  }

  private async redeem(reply: GateReply, client: PageClient, token: string): Promise<void> {
    try {
      const { organizationName } = await client.call(InviteLinkService.method.redeemInviteLink, { token });
      sendPage(reply, joinedPage(organizationName), secretAddress);
    } catch (error) {
      sendPage(reply, joinPage({ token, error: messageOf(error) }), secretAddress);
    }
  }

  private async signedInAs(request: PageRequest): Promise<string | undefined> {
    const session = this.gate.session(request);
    if (!session) return undefined;
    return this.gate
      .client(request, session)
      .call(AuthService.method.whoAmI, {})
      .then(
        ({ email }) => email,
        () => undefined,
      );
  }
}

function validate(client: PageClient, token: string, email: string): Promise<{ organizationName: string }> {
  return client.call(InviteLinkService.method.validateInviteLink, { token, email });
}

/**
 * The address of the page holds the secret of the link, which no referrer may carry on. Without any referrer browsers do
 * not say either where a form comes from.
 */
const secretAddress = { 'referrer-policy': 'strict-origin' };
