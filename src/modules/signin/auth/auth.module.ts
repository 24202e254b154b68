import { Module, type OnModuleInit } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { CONFIG, MASTER_KEY } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { Scopes } from '../../../platform/scope/index.js';
import { AddressLimits } from '../../../platform/throttle/address-limits.js';
import { ApiKeyModule } from '../../people/api-key/index.js';
import { InvitationTokens, MemberModule } from '../../people/member/index.js';
import { authPersonalData } from './personal-data.store.js';
import { DeliverCodeJob, PurgeCredentialsJob } from './auth.jobs.js';
import { AuthRpc } from './auth.rpc.js';
import { PersonStore } from './person.store.js';
import { SessionStore } from './session.store.js';
import { Sessions } from './sessions.service.js';
import { SignInCodeStore } from './sign-in-code.store.js';
import { SignInCodes } from './sign-in-codes.service.js';
import { SignInLinkController } from './sign-in-link.controller.js';
import { SignIn } from './sign-in.service.js';
import { WhoAmI } from './who-am-i.service.js';

/**
 * Signing in, without passwords: a code by mail opens a session; the session has short access tokens and one
 * refresh token at a time.
 * Invariants: nobody learns whether an address has an account; a code works once, and every guess is counted
 * before it is judged; a link signs in the device that asked for it and no other; a refresh token works once, and using it again ends its session; codes and tokens are
 * stored only as hashes; a session says when its person last proved who they are.
 */
@Module({
  imports: [ApiKeyModule, MemberModule],
  controllers: [AuthRpc, SignInLinkController],
  providers: [
    DeliverCodeJob,
    PersonStore,
    PurgeCredentialsJob,
    Sessions,
    SessionStore,
    SignInCodeStore,
    WhoAmI,
    {
      provide: SignInCodes,
      inject: [MASTER_KEY, ENVELOPE, SignInCodeStore, AddressLimits, Scopes],
      useFactory: (
        masterKey: Buffer,
        envelope: Envelope,
        store: SignInCodeStore,
        limits: AddressLimits,
        scopes: Scopes,
      ) => new SignInCodes(masterKey, envelope, store, limits, scopes),
    },
    {
      provide: SignIn,
      inject: [
        CONFIG,
        ENVELOPE,
        SignInCodes,
        SignInCodeStore,
        PersonStore,
        Sessions,
        InvitationTokens,
        Mailer,
        Scopes,
      ],
      useFactory: (
        config: Config,
        envelope: Envelope,
        codes: SignInCodes,
        store: SignInCodeStore,
        people: PersonStore,
        sessions: Sessions,
        invitations: InvitationTokens,
        mailer: Mailer,
        scopes: Scopes,
      ) =>
        new SignIn(
          { open: config.signUp === 'open', publicUrl: config.http.publicUrl },
          envelope,
          codes,
          store,
          people,
          sessions,
          invitations,
          mailer,
          scopes,
        ),
    },
  ],
  exports: [Sessions],
})
export class AuthModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(authPersonalData);
  }
}
