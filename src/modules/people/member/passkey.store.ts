import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const hasAny = statement(
  'webauthn_credential.has_any',
  'select exists (select from webauthn_credential where identity_id = $1) as registered',
);
const markEnrolled = statement(
  'identity.mark_passkey_enrolled',
  'update identity set passkey_enrolled = true where id = $1 and not passkey_enrolled',
);

/** The passkeys of people; what registers them writes to the same table. */
@Injectable()
export class PasskeyStore {
  async hasAny(scope: Scope, identityId: string): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ registered: boolean }>(hasAny, [identityId]))?.registered ?? false;
  }

  /** False when the person was enrolled before. */
  async markEnrolled(scope: Scope, identityId: string): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.execute(markEnrolled, [identityId])).rowCount === 1;
  }
}
