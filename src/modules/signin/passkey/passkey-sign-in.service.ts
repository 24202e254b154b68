import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { generateToken } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import { MASTER_KEY } from '../../../platform/config/config.module.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { Sessions, type TokenPair } from '../auth/index.js';
import { acceptAtSignIn, InvitationTokens } from '../../people/member/index.js';
import { Assertions } from './assertions.service.js';
import { ChallengeStore } from './challenge.store.js';
import { readAssertion } from './credential-json.js';
import { decoyCredentials } from './decoy-credentials.js';
import { passkeyInvalid } from './passkey.rules.js';
import { PasskeyStore } from './passkey.store.js';
import { nameOf } from './passkeys.service.js';
import { RelyingParty } from './relying-party.js';

export interface PasskeySignInInput {
  credentialJson: string;
  deviceName: string;
  /** Token of the invitation mail; empty without one. */
  invitationToken: string;
}

/** Sign-in by a key that only the person's own devices hold. */
@Injectable()
export class PasskeySignIn {
  private readonly decoyKey: Buffer;

  constructor(
    private readonly relyingParty: RelyingParty,
    private readonly assertions: Assertions,
    private readonly challenges: ChallengeStore,
    private readonly store: PasskeyStore,
    private readonly sessions: Sessions,
    private readonly invitations: InvitationTokens,
    private readonly scopes: Scopes,
    @Inject(MASTER_KEY) masterKey: Buffer,
  ) {
    this.decoyKey = createHmac('sha256', masterKey).update('passkey decoys').digest();
  }

  /** The same work for every address, and an answer of the same form. */
  async begin(scope: Scope, email: string): Promise<string> {
    const challenge = generateToken();
    await this.challenges.insert(scope, challenge, { kind: 'sign_in', email });
    if (email === '') return this.relyingParty.requestOptions(challenge);
    const known = (await this.store.listByEmail(scope, email)).map(nameOf);
    const decoys = decoyCredentials(email, this.decoyKey);
    return this.relyingParty.requestOptions(challenge, known.length > 0 ? known : decoys);
  }

  async finish(scope: Scope, input: PasskeySignInInput): Promise<TokenPair> {
    const origin = originOf(scope);
    const claimed = readAssertion(input.credentialJson);
    if (!claimed) throw passkeyInvalid();
    // In a separate transaction: a refused response has spent its challenge, too.
    const spent = await this.scopes.run(origin, (inner) =>
      this.challenges.spendSignIn(inner, claimed.challenge),
    );
    if (!spent) throw passkeyInvalid();
    const { passkey, use } = await this.assertions.prove(origin, claimed);
    // The same error when the address has no account; otherwise a caller could find out with a passkey of
    // theirs.
    if (spent.email !== '' && spent.email !== passkey.email) throw passkeyInvalid();
    const { identityId, credentialId, email } = passkey;
    const caller: PersonCaller = { kind: 'person', identityId, email, sessionId: uuid() };
    const admit = async (inner: Scope): Promise<void> => {
      if (!(await this.store.use(inner, credentialId, use))) throw passkeyInvalid();
      const arrival = { identityId, requestId: inner.requestId, now: inner.now() };
      await acceptAtSignIn(await inner.tx(), arrival, this.invitations.read(input.invitationToken));
    };
    return this.sessions.open(origin, caller, input.deviceName, admit, 'passkey');
  }
}
