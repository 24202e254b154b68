import { Body, Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Delivery } from '@dovecote/saml';
import { Origin, UseDoor } from '../../../platform/http/door/index.js';
import type { ScopeOrigin } from '../../../platform/scope/index.js';
import { type PageReply, sendPage, sendTo } from '../../../platform/http/page.js';
import { fieldOf, samlDoor } from './doors.js';
import { formPage, messagePage } from './login.page.js';
import { SamlLogout, type LogoutStep } from './saml-logout.service.js';

/** The single logout service: where providers send browsers with logout requests, and with answers to ours. */
@UseDoor(samlDoor)
@Controller('sso/saml/:connectionId/slo')
export class SamlLogoutController {
  constructor(private readonly logout: SamlLogout) {}

  @Get()
  redirected(
    @Param('connectionId') connectionId: string,
    @Req() request: { url: string },
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    // As it was sent: what is signed is the spelling, too.
    const query = request.url.slice(request.url.indexOf('?') + 1);
    const names = new URLSearchParams(query);
    return this.take(origin, reply, connectionId, { query }, (name) => names.has(name));
  }

  @Post()
  posted(
    @Param('connectionId') connectionId: string,
    @Body() body: unknown,
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    const form = Object.fromEntries(
      ['SAMLRequest', 'SAMLResponse', 'RelayState'].map((name) => [name, fieldOf(body, name)]),
    );
    return this.take(origin, reply, connectionId, { form }, (name) => form[name] !== undefined);
  }

  /** Takes the browser to a provider that wants its request posted. */
  @Get(':token')
  async begin(
    @Param('connectionId') connectionId: string,
    @Param('token') token: string,
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    const form = await this.logout.formOf(origin, connectionId.toLowerCase(), token);
    const over = messagePage(410, 'This sign-out has expired', 'You are signed out of the application.');
    sendPage(reply, form ? formPage('Signing out', form.url, form.fields) : over);
  }

  private async take(
    origin: ScopeOrigin,
    reply: PageReply,
    connectionId: string,
    delivery: Delivery,
    has: (name: string) => boolean,
  ): Promise<void> {
    const [isRequest, isAnswer] = [has('SAMLRequest'), has('SAMLResponse')];
    if (isRequest === isAnswer) {
      const text = 'This URL accepts one SAML logout message per request.';
      return sendPage(reply, messagePage(400, 'No logout message', text));
    }
    const id = connectionId.toLowerCase();
    go(
      reply,
      isRequest
        ? await this.logout.handleRequest(origin, id, delivery)
        : await this.logout.handleResponse(origin, id, delivery),
    );
  }
}

function go(reply: PageReply, step: LogoutStep): void {
  switch (step.kind) {
    case 'redirect':
      return sendTo(reply, step.url);
    case 'form':
      return sendPage(reply, formPage('Signing out', step.form.url, step.form.fields));
    case 'refused':
      return sendPage(
        reply,
        messagePage(
          403,
          'You were not signed out',
          'The message of your organization’s identity provider was not accepted. Sign out in the application.',
        ),
      );
    case 'over':
      return sendPage(
        reply,
        messagePage(
          200,
          'You are signed out',
          step.complete
            ? 'You can close this window.'
            : 'Your organization’s identity provider could not sign you out of everything. Close the browser to be sure.',
        ),
      );
  }
}
