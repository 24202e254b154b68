import { Inject, Injectable } from '@nestjs/common';
import { generateToken } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { deviceNameOf } from '../auth/index.js';
import { ChallengeStore } from './challenge.store.js';
import { readRegistration } from './credential-json.js';
import type { CredentialName, NewCredential, Passkey } from './passkey.js';
import { passkeyAddedMail, type PasskeyNotice, passkeyRemovedMail } from './passkey.mail.js';
import { enrollmentRefused, passkeyExists, refuseOverLimit, registrationRefused } from './passkey.rules.js';
import { PasskeyStore } from './passkey.store.js';
import { RelyingParty } from './relying-party.js';

/** The passkeys of the person who calls. */
@Injectable()
export class Passkeys {
  constructor(
    private readonly relyingParty: RelyingParty,
    private readonly challenges: ChallengeStore,
    private readonly store: PasskeyStore,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** What to hand to the authenticator. */
  async beginRegistration(scope: Scope): Promise<string> {
    const registered = await this.store.listOwn(scope);
    const refusal = refuseOverLimit(registered.length);
    if (refusal) throw refusal;
    const challenge = generateToken();
    await this.challenges.insert(scope, challenge, { kind: 'registration' });
    const person = { identityId: scope.identityId, email: scope.email };
    return this.relyingParty.creationOptions(person, challenge, registered.map(nameOf));
  }

  async finishRegistration(scope: Scope, input: { credentialJson: string; name: string }): Promise<Passkey> {
    const made = await this.verify(scope, input.credentialJson);
    const { passkeys, email } = await this.store.listOwnForUpdate(scope);
    const refusal = refuseOverLimit(passkeys.length);
    if (refusal) throw refusal;
    const passkey = { ...made, id: uuid(), name: input.name, createdAt: scope.now() };
    if (!(await this.store.insert(scope, passkey))) throw passkeyExists();
    await this.mailer.send(scope, passkeyAddedMail(this.notice(scope, email, input.name)));
    return { ...passkey, identityId: scope.identityId, lastUsedAt: null, counterWentBackAt: null };
  }

  list(scope: Scope): Promise<Passkey[]> {
    return this.store.listOwn(scope);
  }

  async rename(scope: Scope, id: string, name: string): Promise<Passkey> {
    const passkey = await this.store.rename(scope, id, name);
    if (!passkey) throw notFound('passkey');
    return passkey;
  }

  async remove(scope: Scope, id: string): Promise<void> {
    const { passkeys, email } = await this.store.listOwnForUpdate(scope);
    const passkey = passkeys.find((one) => one.id === id);
    if (!passkey) throw notFound('passkey');
    await this.store.remove(scope, id);
    await this.mailer.send(scope, passkeyRemovedMail(this.notice(scope, email, passkey.name)));
  }

  /** Notifies the owner of an added or removed passkey, whichever session did it. */
  private notice(scope: Scope, to: string, name: string): PasskeyNotice {
    const { appUrl } = this.config.http;
    return { to, name, device: deviceNameOf(scope.userAgent), at: scope.now(), appUrl };
  }

  /** Notes that the caller can sign in with a passkey; noting it again changes nothing. */
  async confirmEnrollment(scope: Scope): Promise<void> {
    if (!(await this.store.hasAny(scope))) throw enrollmentRefused();
    if (!(await this.store.markEnrolled(scope))) return;
    await scope.audit('PASSKEY_ENROLLED', { entityType: 'user', entityId: scope.userId });
  }

  private async verify(scope: Scope, credentialJson: string): Promise<NewCredential> {
    const claimed = readRegistration(credentialJson);
    if (!claimed) throw registrationRefused('is not a response of an authenticator');
    // In a separate transaction: a refused response has spent its challenge, too.
    const spent = await this.scopes.run(originOf(scope), (inner) =>
      this.challenges.spendOwn(inner, claimed.challenge, 'registration'),
    );
    if (!spent) throw registrationRefused('does not answer an open challenge of this session; start again');
    return this.relyingParty.verifyRegistration(claimed).catch((error: unknown) => {
      throw registrationRefused('is not valid for this server; start again', error);
    });
  }
}

/** How browsers and authenticators know it. */
export function nameOf({ credentialId, transports }: Passkey): CredentialName {
  return { id: credentialId.toString('base64url'), transports };
}
