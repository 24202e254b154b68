import { Injectable } from '@nestjs/common';
import { hashToken } from '@dovecote/secret';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { challengeExpiry } from './passkey.rules.js';

/**
 * What a challenge may be used for: sign-in with or without a given address, or an operation of the signed-in
 * person.
 */
export type ChallengePurpose =
  { kind: 'sign_in'; email: string } | { kind: 'registration' | 'reauthentication' };

const insert = statement(
  'webauthn_challenge.insert',
  `insert into webauthn_challenge (challenge_hash, purpose, identity_id, session_id, email, expires_at)
   values ($1, $2, $3, $4, $5, $6)`,
);
const spendSignIn = statement(
  'webauthn_challenge.spend_sign_in',
  `delete from webauthn_challenge where challenge_hash = $1 and purpose = 'sign_in' and expires_at > $2
   returning email`,
);
const spendOwn = statement(
  'webauthn_challenge.spend_own',
  `delete from webauthn_challenge
    where challenge_hash = $1 and purpose = $2 and identity_id = $3 and session_id = $4 and expires_at > $5`,
);
const purge = statement('webauthn_challenge.purge', `delete from webauthn_challenge where expires_at < $1`);

/** Challenges that wait for their answer, as hashes. */
@Injectable()
export class ChallengeStore {
  async insert(scope: Scope, challenge: string, purpose: ChallengePurpose): Promise<void> {
    const [identityId, sessionId, email] =
      purpose.kind === 'sign_in' ? [null, '', purpose.email] : [scope.identityId, scope.sessionId, ''];
    const values = [hashToken(challenge), purpose.kind, identityId, sessionId, email];
    await (await scope.tx()).execute(insert, [...values, challengeExpiry(scope.now())]);
  }

  /**
   * The address that the challenge was created for, empty without one; undefined when it is not valid for
   * sign-in.
   */
  async spendSignIn(scope: Scope, challenge: string): Promise<{ email: string } | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<{ email: string }>(spendSignIn, [hashToken(challenge), scope.now()]);
  }

  /** False when it was not made for this, in this session of the caller, or is over. */
  async spendOwn(
    scope: Scope,
    challenge: string,
    purpose: 'registration' | 'reauthentication',
  ): Promise<boolean> {
    const values = [hashToken(challenge), purpose, scope.identityId, scope.sessionId, scope.now()];
    return (await (await scope.tx()).execute(spendOwn, values)).rowCount === 1;
  }

  async purge(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(purge, [scope.now()]);
  }
}
