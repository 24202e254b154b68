import { Module } from '@nestjs/common';
import { AccountController } from './account.controller.js';
import { AssetsController } from './assets.controller.js';
import { MembersForms, OwnForms } from './doors.js';
import { HomeController } from './home.controller.js';
import { JoinController } from './join.controller.js';
import { PageGate } from './page-gate.js';
import { SignInController } from './sign-in.controller.js';
import { SsoSetupController } from './sso-setup.controller.js';

/**
 * The pages of the server: what it is, sign-in, invite links, the person's account, and the setup of single sign-on.
 * Only passkeys need a script.
 * Invariant: a page does nothing but call the API with the token of the person who sees it, so it can do no more.
 */
@Module({
  controllers: [
    AccountController,
    AssetsController,
    HomeController,
    JoinController,
    SignInController,
    SsoSetupController,
  ],
  providers: [MembersForms, OwnForms, PageGate],
})
export class PagesModule {}
