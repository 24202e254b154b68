import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { AuthModule } from '../auth/index.js';
import { PurgePasswordGuesses } from './password.jobs.js';
import { PasswordRpc } from './password.rpc.js';
import { PasswordStore } from './password.store.js';
import { PasswordHashing } from './password-hashing.js';
import { PasswordSettingStore } from './password-setting.store.js';
import { PasswordSettings } from './password-settings.service.js';
import { Passwords } from './passwords.service.js';
import { passwordPersonalData } from './personal-data.store.js';

/**
 * Passwords, where an organization takes them: off unless it, or the operator for those that have not decided, turns them
 * on.
 * Invariants: an answer, and the time that it takes, does not reveal whether an address has an account or a password;
 * every guess is counted before it is compared; a session that began with a password acts in organizations that take
 * passwords only; a new password ends the other sessions of its person, who gets a mail.
 */
@Module({
  imports: [AuthModule],
  controllers: [PasswordRpc],
  providers: [
    PasswordHashing,
    Passwords,
    PasswordSettings,
    PasswordSettingStore,
    PasswordStore,
    PurgePasswordGuesses,
  ],
  exports: [Passwords],
})
export class PasswordModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(passwordPersonalData);
  }
}
