import { Controller, Get, Inject, Post, Query, Res } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Origin, pageDoor, UseDoor } from '../../../platform/http/door/index.js';
import { type Page, type PageReply, sendPage } from '../../../platform/http/page.js';
import { type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { askPage, codePage, deadLinkPage } from './sign-in-link.page.js';
import { SignInCodes } from './sign-in-codes.service.js';

/**
 * The page behind a mailed link when no app handles it: asks for confirmation, then shows the code. It does
 * not sign in, because the person who opens the link may not be the person who requested it.
 */
@UseDoor(pageDoor)
@Controller('auth/link')
export class SignInLinkController {
  constructor(
    private readonly codes: SignInCodes,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  ask(@Query('token') token: unknown, @Res() reply: PageReply): void {
    const { appUrl, publicUrl } = this.config.http;
    const given = textOf(token);
    const appLink = `${appUrl}/auth/link?token=${encodeURIComponent(given)}`;
    send(reply, askPage(given, appUrl === publicUrl ? undefined : appLink));
  }

  @Post()
  async show(
    @Query('token') token: unknown,
    @Origin() origin: ScopeOrigin,
    @Res() reply: PageReply,
  ): Promise<void> {
    const code = await this.scopes.run({ ...origin, readOnly: true }, (scope) =>
      this.codes.codeBehind(scope, textOf(token)),
    );
    send(reply, code === undefined ? deadLinkPage() : codePage(code));
  }
}

/** A query parameter may be anything, or there several times. */
function textOf(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}

/** The address is a secret, also to ourselves: logs keep referrers. */
function send(reply: PageReply, page: Page): void {
  sendPage(reply, page, { 'referrer-policy': 'no-referrer' });
}
