import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { Origin, UseDoor } from '../../../platform/http/door/index.js';
import { type PageReply, sendPage } from '../../../platform/http/page.js';
import type { ScopeOrigin } from '../../../platform/scope/index.js';
import { fieldOf, samlDoor } from './doors.js';
import { redirectAfterLogin } from './login-redirect.js';
import { formPage, messagePage } from './login.page.js';
import { SamlLogins } from './saml-logins.service.js';

/** Where SAML providers, and browsers on their way, reach us. */
@UseDoor(samlDoor)
@Controller('sso/saml/:connectionId')
export class SamlController {
  constructor(private readonly logins: SamlLogins) {}

  /** Our metadata, for the provider. */
  @Get('metadata')
  async metadata(
    @Param('connectionId') connectionId: string,
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    const xml = await this.logins.metadataOf(origin, connectionId.toLowerCase());
    void reply
      .code(200)
      .headers({ 'content-type': 'application/samlmetadata+xml', 'cache-control': 'no-cache' })
      .send(xml);
  }

  /** Takes the browser to a provider that wants requests posted. */
  @Get('begin/:loginId')
  async begin(
    @Param('connectionId') connectionId: string,
    @Param('loginId') loginId: string,
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    const form = isUuid(loginId)
      ? await this.logins.formOf(origin, connectionId.toLowerCase(), loginId)
      : undefined;
    const over = messagePage(410, 'This sign-in has expired', 'Start again from the application.');
    sendPage(reply, form ? formPage('Signing in', form.url, form.fields) : over);
  }

  /** The assertion consumer service. */
  @Post('acs')
  async acs(
    @Param('connectionId') connectionId: string,
    @Body() body: unknown,
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    const samlResponse = fieldOf(body, 'SAMLResponse');
    const relayState = fieldOf(body, 'RelayState') ?? '';
    if (samlResponse === undefined) {
      const text = 'This URL accepts SAML responses only.';
      return sendPage(reply, messagePage(400, 'No SAML response', text));
    }
    const answer = { samlResponse, relayState };
    redirectAfterLogin(reply, await this.logins.handleResponse(origin, connectionId.toLowerCase(), answer));
  }
}
