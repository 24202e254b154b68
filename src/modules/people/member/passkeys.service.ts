import { Injectable } from '@nestjs/common';
import { failedPrecondition } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { PasskeyStore } from './passkey.store.js';

@Injectable()
export class Passkeys {
  constructor(private readonly store: PasskeyStore) {}

  /** Notes that the caller can sign in with a passkey; noting it again changes nothing. */
  async confirmEnrollment(scope: Scope): Promise<void> {
    if (!(await this.store.hasAny(scope, scope.identityId))) {
      throw failedPrecondition(
        'PASSKEY_NOT_REGISTERED',
        'You have no registered passkey yet; register one on this device, then confirm again.',
      );
    }
    if (!(await this.store.markEnrolled(scope, scope.identityId))) return;
    await scope.audit('PASSKEY_ENROLLED', { entityType: 'user', entityId: scope.userId });
  }
}
