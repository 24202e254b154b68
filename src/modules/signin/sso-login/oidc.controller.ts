import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { PageReply } from '../../../platform/http/page.js';
import { type BrowserRequest, Browser } from './browser.js';
import { OidcLogins } from './oidc-logins.service.js';
import { redirectAfterLogin } from './login-redirect.js';

/** Where OIDC providers send browsers back to. */
@Controller('sso/oidc/:connectionId')
export class OidcController {
  constructor(
    private readonly browser: Browser,
    private readonly logins: OidcLogins,
  ) {}

  @Get('callback')
  callback(
    @Param('connectionId') connectionId: string,
    @Req() request: BrowserRequest & { url: string },
    @Res() reply: PageReply,
  ): Promise<void> {
    return this.browser.serve(request, reply, connectionId, async (origin) => {
      // As it came: what a parser makes of repeated parameters is not what the provider sent.
      const { searchParams } = new URL(request.url, 'http://localhost');
      redirectAfterLogin(
        reply,
        await this.logins.handleResponse(origin, connectionId.toLowerCase(), searchParams),
      );
    });
  }
}
