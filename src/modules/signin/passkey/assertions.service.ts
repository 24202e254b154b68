import { Injectable } from '@nestjs/common';
import { parse as bytesOf } from 'uuid';
import { PinoLogger } from 'nestjs-pino';
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import type { Claimed } from './credential-json.js';
import type { VerifiedUse } from './passkey.js';
import { isSameKind, passkeyInvalid, wentBack } from './passkey.rules.js';
import { type OwnedPasskey, PasskeyStore } from './passkey.store.js';
import { RelyingParty } from './relying-party.js';

/** A passkey whose owner has proven that they hold it. */
export interface ProvenPasskey {
  passkey: OwnedPasskey;
  use: VerifiedUse;
}

/** Decides whether the answer to a challenge, which has been spent by now, is that of a passkey we know. */
@Injectable()
export class Assertions {
  constructor(
    private readonly relyingParty: RelyingParty,
    private readonly store: PasskeyStore,
    private readonly scopes: Scopes,
    private readonly log: PinoLogger,
  ) {
    log.setContext('passkeys');
  }

  async prove(origin: ScopeOrigin, claimed: Claimed<AuthenticationResponseJSON>): Promise<ProvenPasskey> {
    const credentialId = Buffer.from(claimed.response.id, 'base64url');
    const passkey = await this.scopes.run(origin, (scope) => this.store.find(scope, credentialId));
    if (!passkey || !isOwner(passkey, claimed.response.response.userHandle)) throw passkeyInvalid();
    const use = await this.relyingParty.verifyAssertion(claimed, passkey).catch((error: unknown) => {
      throw passkeyInvalid(error);
    });
    if (!isSameKind(passkey, use)) throw passkeyInvalid();
    if (wentBack(passkey, use)) {
      await this.noteCounter(origin, passkey, use);
      throw passkeyInvalid();
    }
    return { passkey, use };
  }

  /** In a separate transaction: the call is refused, and the note must be committed. */
  private async noteCounter(origin: ScopeOrigin, passkey: OwnedPasskey, use: VerifiedUse): Promise<void> {
    await this.scopes.run(origin, (scope) => this.store.noteCounter(scope, passkey.credentialId));
    const { id, identityId, signCount: known } = passkey;
    this.log.warn(
      { requestId: origin.requestId, passkeyId: id, identityId, known, presented: use.signCount },
      'passkey counter decreased: the passkey may have been cloned',
    );
  }
}

/** An authenticator that offered the passkey by itself says whose it is. */
function isOwner(passkey: OwnedPasskey, userHandle: string | undefined): boolean {
  return (
    userHandle === undefined || Buffer.from(bytesOf(passkey.identityId)).toString('base64url') === userHandle
  );
}
