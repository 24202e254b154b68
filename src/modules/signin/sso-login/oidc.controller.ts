import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { Origin, UseDoor } from '../../../platform/http/door/index.js';
import type { PageReply } from '../../../platform/http/page.js';
import type { ScopeOrigin } from '../../../platform/scope/index.js';
import { browserDoor } from './doors.js';
import { OidcLogins } from './oidc-logins.service.js';
import { redirectAfterLogin } from './login-redirect.js';

/** Where OIDC providers send browsers back to. */
@UseDoor(browserDoor)
@Controller('sso/oidc/:connectionId')
export class OidcController {
  constructor(private readonly logins: OidcLogins) {}

  @Get('callback')
  async callback(
    @Param('connectionId') connectionId: string,
    @Req() request: { url: string },
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    // As it came: what a parser makes of repeated parameters is not what the provider sent.
    const { searchParams } = new URL(request.url, 'http://localhost');
    const login = await this.logins.handleResponse(origin, connectionId.toLowerCase(), searchParams);
    redirectAfterLogin(reply, login);
  }
}
