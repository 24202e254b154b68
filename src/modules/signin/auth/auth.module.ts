import { Module, type OnModuleInit } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { UsageRecorder } from '../../../platform/caller/usage-recorder.js';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { CONFIG, MASTER_KEY } from '../../../platform/config/config.module.js';
import { readAcceptedKey } from '../../../platform/data-folder/index.js';
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
import { sessionUsage } from './usage.store.js';
import { WhoAmI } from './who-am-i.service.js';

/**
 * Passwordless sign-in: a code sent by mail opens a session, which has short-lived access tokens and one
 * refresh token at a time.
 * Invariants: responses do not reveal whether an address has an account; a code works once, and every attempt
 * is counted before it is checked; a link signs in only on the device that requested it; a refresh token
 * works once, and its reuse ends the session; codes and tokens are stored as hashes; a session records when
 * its person last authenticated.
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
      inject: [MASTER_KEY, CONFIG, ENVELOPE, SignInCodeStore, AddressLimits, Scopes],
      useFactory: (
        masterKey: Buffer,
        config: Config,
        envelope: Envelope,
        store: SignInCodeStore,
        limits: AddressLimits,
        scopes: Scopes,
      ) =>
        new SignInCodes({ masterKey, acceptedKey: readAcceptedKey(config) }, envelope, store, limits, scopes),
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
  exports: [PersonStore, Sessions],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly personalData: PersonalData,
    private readonly usage: UsageRecorder,
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(authPersonalData);
    this.usage.contribute(sessionUsage);
  }
}
