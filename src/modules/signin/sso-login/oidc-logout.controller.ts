import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { Origin, UseDoor } from '../../../platform/http/door/index.js';
import { type PageReply, sendPage } from '../../../platform/http/page.js';
import type { ScopeOrigin } from '../../../platform/scope/index.js';
import { fieldOf, plainDoor, providerDoor } from './doors.js';
import { OidcLogout } from './oidc-logout.service.js';
import { messagePage } from './login.page.js';

/** Back-channel logout endpoint and post-logout redirect URI of OIDC connections. */
@Controller('sso/oidc/:connectionId')
export class OidcLogoutController {
  constructor(private readonly logout: OidcLogout) {}

  /** Called by the provider itself; what is wrong with a token it does not learn. */
  @UseDoor(providerDoor)
  @Post('backchannel-logout')
  async backchannel(
    @Param('connectionId') connectionId: string,
    @Body() body: unknown,
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    const token = fieldOf(body, 'logout_token');
    const isDone = await this.logout.handleRequest(origin, connectionId.toLowerCase(), token);
    void reply
      .code(isDone ? 200 : 400)
      .headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
      .send(JSON.stringify(isDone ? {} : { error: 'invalid_request' }));
  }

  /** Shows a static page; the request is not associated with a login. */
  @UseDoor(plainDoor)
  @Get('signed-out')
  signedOut(@Res() reply: PageReply): void {
    sendPage(reply, messagePage(200, 'You are signed out', 'You can close this window.'));
  }
}
