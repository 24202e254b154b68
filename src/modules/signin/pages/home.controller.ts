import { Controller, Get, Inject, Res } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { html } from '../../../platform/http/html.js';
import { page, sendPage } from '../../../platform/http/page.js';
import type { GateReply } from './page-gate.js';
import { pageDoor, UseDoor } from '../../../platform/http/door/index.js';

/** The start page of the server in a browser. */
@UseDoor(pageDoor)
@Controller()
export class HomeController {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  @Get()
  show(@Res() reply: GateReply): void {
    const { appUrl, publicUrl } = this.config.http;
    sendPage(
      reply,
      page(
        200,
        'Dovecote',
        html`<p>
            This is a Dovecote server: internal communications that can be proven. Applications call it by
            Connect, gRPC or gRPC-Web at this address.
          </p>
          <ul>
            ${appUrl !== publicUrl && html`<li><a href="${appUrl}">Open the application</a></li>`}
            <li><a href="/account">Your account</a>: organizations, invitations, passkeys</li>
            <li><a href="/setup/sso">Set up single sign-on</a>, for administrators</li>
            <li><a href="/health">Health</a>, for operators</li>
          </ul>`,
      ),
    );
  }
}
