import { Injectable } from '@nestjs/common';
import { generateToken } from '@dovecote/secret';
import type { IssuedAccessToken } from '../../../platform/caller/access-tokens.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { refuseForeignSession, Sessions } from '../auth/index.js';
import { Assertions } from './assertions.service.js';
import { ChallengeStore } from './challenge.store.js';
import { readAssertion } from './credential-json.js';
import { passkeyInvalid, passkeyMissing } from './passkey.rules.js';
import { PasskeyStore } from './passkey.store.js';
import { nameOf } from './passkeys.service.js';
import { RelyingParty } from './relying-party.js';

/** Proves again, with a passkey, who is behind the calling session. */
@Injectable()
export class PasskeyReauthentication {
  constructor(
    private readonly relyingParty: RelyingParty,
    private readonly assertions: Assertions,
    private readonly challenges: ChallengeStore,
    private readonly store: PasskeyStore,
    private readonly sessions: Sessions,
    private readonly scopes: Scopes,
  ) {}

  async begin(scope: Scope): Promise<string> {
    refuseForeignSession(scope.sessionId);
    const registered = await this.store.listOwn(scope);
    if (registered.length === 0) throw passkeyMissing();
    const challenge = generateToken();
    await this.challenges.insert(scope, challenge, { kind: 'reauthentication' });
    return this.relyingParty.requestOptions(challenge, registered.map(nameOf));
  }

  async finish(scope: Scope, credentialJson: string): Promise<IssuedAccessToken> {
    const origin = originOf(scope);
    const claimed = readAssertion(credentialJson);
    if (!claimed) throw passkeyInvalid();
    // In a separate transaction: a refused response has spent its challenge, too.
    const spent = await this.scopes.run(origin, (inner) =>
      this.challenges.spendOwn(inner, claimed.challenge, 'reauthentication'),
    );
    if (!spent) throw passkeyInvalid();
    const { passkey, use } = await this.assertions.prove(origin, claimed);
    if (passkey.identityId !== scope.identityId) throw passkeyInvalid();
    return this.sessions.reauthenticate(scope, 'passkey', async (inner) => {
      if (!(await this.store.use(inner, passkey.credentialId, use))) throw passkeyInvalid();
    });
  }
}
