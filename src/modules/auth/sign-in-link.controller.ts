import { randomUUID } from 'node:crypto';
import { Controller, Get, Header, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { CONFIG } from '../../platform/config/config.module.js';
import type { Config } from '../../platform/config/index.js';
import { Scopes } from '../../platform/scope/index.js';
import { askPage, codePage, deadLinkPage } from './sign-in-link.page.js';
import { SignInCodes } from './sign-in-codes.service.js';

/**
 * Where the link of a mail leads that no app has taken: it asks, and then shows the code. It signs in nobody, for it
 * cannot know whether the person who follows the link is the one who asked.
 */
@Controller('auth/link')
export class SignInLinkController {
  constructor(
    private readonly codes: SignInCodes,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @PageHeaders()
  ask(@Query('token') token: unknown): string {
    const { appUrl, publicUrl } = this.config.http;
    const given = textOf(token);
    const appLink = `${appUrl}/auth/link?token=${encodeURIComponent(given)}`;
    return askPage(given, appUrl === publicUrl ? undefined : appLink);
  }

  @Post()
  @HttpCode(200)
  @PageHeaders()
  async show(@Query('token') token: unknown): Promise<string> {
    const origin = { caller: { kind: 'anonymous' }, requestId: randomUUID(), readOnly: true } as const;
    const code = await this.scopes.run(origin, (scope) => this.codes.codeBehind(scope, textOf(token)));
    return code === undefined ? deadLinkPage() : codePage(code);
  }
}

/** A query parameter may be anything, or there several times. */
function textOf(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}

/** Nothing runs in it, nothing frames it, nothing keeps it, and the token goes nowhere else. */
function PageHeaders(): MethodDecorator {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  return (target, name, descriptor) => {
    for (const [header, value] of Object.entries(headers)) Header(header, value)(target, name, descriptor);
  };
}
