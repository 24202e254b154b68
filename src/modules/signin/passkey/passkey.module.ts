import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AuthModule } from '../auth/index.js';
import { MemberModule } from '../../people/member/index.js';
import { passkeyPersonalData } from './personal-data.store.js';
import { Assertions } from './assertions.service.js';
import { ChallengeStore } from './challenge.store.js';
import { EnrollmentRpc } from './enrollment.rpc.js';
import { PasskeyReauthentication } from './passkey-reauthentication.service.js';
import { PasskeySignIn } from './passkey-sign-in.service.js';
import { PurgeChallengesJob } from './passkey.jobs.js';
import { PasskeyRpc } from './passkey.rpc.js';
import { PasskeyStore } from './passkey.store.js';
import { Passkeys } from './passkeys.service.js';
import { RelyingParty } from './relying-party.js';

/**
 * A passkey is a key pair whose private key stays on the person's devices; it belongs to the person, not to
 * an organization.
 * Invariants: a challenge works once and for one purpose; the authenticator verifies its user; responses do
 * not reveal whether an address has an account or a passkey; a decreased signature counter is refused; the
 * owner is notified of every passkey added or removed.
 */
@Module({
  imports: [AuthModule, MemberModule],
  controllers: [EnrollmentRpc, PasskeyRpc],
  providers: [
    Assertions,
    ChallengeStore,
    PasskeyReauthentication,
    Passkeys,
    PasskeySignIn,
    PasskeyStore,
    PurgeChallengesJob,
    {
      provide: RelyingParty,
      inject: [CONFIG],
      useFactory: (config: Config) => new RelyingParty(config.passkeys),
    },
  ],
})
export class PasskeyModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(passkeyPersonalData);
  }
}
