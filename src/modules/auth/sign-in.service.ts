import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Envelope, equalSecrets, generateOneTimeCode, hashOneTimeCode } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import type { IssuedAccessToken } from '../../platform/caller/access-tokens.js';
import type { PersonCaller } from '../../platform/caller/caller.js';
import { acceptInvitations } from '../../platform/caller/invitations.js';
import { Mailer } from '../../platform/mail/index.js';
import { originOf, type Scope, Scopes } from '../../platform/scope/index.js';
import { type Person, PersonStore } from './person.store.js';
import { Sessions, type TokenPair } from './sessions.service.js';
import { originOf, refuseForeignSession, Sessions, type TokenPair } from './sessions.service.js';
import { signInCodeMail } from './sign-in-code.mail.js';
import { SignInCodeStore } from './sign-in-code.store.js';
import { codeExpiry, codeRefused, refuseSend } from './sign-in.rules.js';

export interface SignInOptions {
  /** Anyone may sign up by signing in; otherwise only people whom an organization has invited. */
  open: boolean;
  masterKey: Buffer;
}

export const deliverCodeTask = 'auth.deliver_code';

const sealedCode = z.object({ email: z.string(), code: z.string(), expiresAt: z.coerce.date() });

/** Sign-in by a code that only the reader of a mailbox can know. */
@Injectable()
export class SignIn {
  private readonly pepper: Buffer;

  constructor(
    private readonly options: SignInOptions,
    private readonly envelope: Envelope,
    private readonly codes: SignInCodeStore,
    private readonly people: PersonStore,
    private readonly sessions: Sessions,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
  ) {
    this.pepper = createHmac('sha256', options.masterKey).update('sign-in code pepper').digest();
  }

  /**
   * The same answer after the same work for every address: whether somebody has it is looked up by the worker,
   * where no caller can measure it.
   */
  async requestCode(scope: Scope, email: string): Promise<void> {
    const refusal = refuseSend(await this.codes.recentForInsert(scope, email), scope.now());
    if (refusal) throw refusal;
    const [id, code, expiresAt] = [uuid(), generateOneTimeCode(), codeExpiry(scope.now())];
    await this.codes.insert(scope, { id, email, codeHash: this.hash(id, code), expiresAt });
    const sealed = this.envelope.seal(JSON.stringify({ email, code, expiresAt }), sealContext(id));
    await scope.enqueue({ task: deliverCodeTask, payload: { id, sealed: sealed.toString('base64') } });
  }

  /** Mails a code to whoever may sign in; for all others it ends here. */
  async deliverCode(scope: Scope, id: string, sealed: string): Promise<void> {
    const opened = this.envelope.open(Buffer.from(sealed, 'base64'), sealContext(id)).toString();
    const { email, code, expiresAt } = sealedCode.parse(JSON.parse(opened));
    if (!this.options.open && !(await this.people.findByEmail(scope, email))) return;
    await this.mailer.send(scope, signInCodeMail(email, code, expiresAt));
  }

  async verifyCode(
    scope: Scope,
    input: { email: string; code: string; deviceName: string },
  ): Promise<TokenPair> {
    const origin = originOf(scope);
    const codeId = await this.proveCode(scope, input);
    const person = await this.scopes.run(origin, (inner) => this.personOf(inner, input.email));
    if (!person) throw codeRefused();
    const caller: PersonCaller = {
      kind: 'person',
      identityId: person.id,
      email: person.email,
      sessionId: uuid(),
    };
    return this.sessions.open(origin, caller, input.deviceName, async (inner) => {
      if (!(await this.codes.consume(inner, codeId))) throw codeRefused();
      await acceptInvitations(await inner.tx(), person.id, inner.now());
    });
  }

  /** Proves again who is behind the calling session. */
  async reauthenticate(scope: Scope, code: string): Promise<IssuedAccessToken> {
    refuseForeignSession(scope.sessionId);
    const codeId = await this.proveCode(scope, { email: scope.email, code });
    return this.sessions.reauthenticate(scope, 'code', async (inner) => {
      if (!(await this.codes.consume(inner, codeId))) throw codeRefused();
    });
  }

  async purge(scope: Scope): Promise<void> {
    await this.codes.purge(scope);
  }

  /** The id of the code that was proven; it is spent by whoever opens something with it. */
  private async proveCode(scope: Scope, { email, code }: { email: string; code: string }): Promise<string> {
    // In a transaction of its own: a refused call has still spent its attempt.
    const tried = await this.scopes.run(originOf(scope), (inner) => this.codes.attempt(inner, email));
    // The comparison is made even when there is nothing to compare with.
    const matches = equalSecrets(this.hash(tried?.id ?? '', code), tried?.codeHash ?? this.pepper);
    if (!tried || !matches) throw codeRefused();
    return tried.id;
  }

  private personOf(scope: Scope, email: string): Promise<Person | undefined> {
    return this.options.open ? this.people.findOrInsert(scope, email) : this.people.findByEmail(scope, email);
  }

  private hash(id: string, code: string): Buffer {
    return hashOneTimeCode({ code, pepper: this.pepper, context: id });
  }
}

function sealContext(id: string): string {
  return `sign_in_code/${id}`;
}
