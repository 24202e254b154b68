import { Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import type { IssuedAccessToken } from '../../../platform/caller/access-tokens.js';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import type { Task } from '../../../platform/jobs/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { acceptAtSignIn, InvitationTokens } from '../../people/member/index.js';
import { sealedJob } from '../../../platform/sealed-columns/index.js';
import { type Person, PersonStore } from './person.store.js';
import type { Proof } from './session.store.js';
import { refuseForeignSession, Sessions, type TokenPair } from './sessions.service.js';
import { signInCodeMail } from './sign-in-code.mail.js';
import { SignInCodeStore } from './sign-in-code.store.js';
import { clientOf, type ProvenCode, SignInCodes } from './sign-in-codes.service.js';
import { codeRefused, refuseSend } from './sign-in.rules.js';

export interface SignInOptions {
  /** Anyone may sign up by signing in; otherwise only people whom an organization has invited. */
  open: boolean;
  /** Where the links of mails lead. */
  publicUrl: string;
}

/** The input of a sign-in. */
interface SignInInput {
  deviceName: string;
  /** Token of the invitation mail; empty without one. */
  invitationToken: string;
}

export const deliverCodeTask: Task = { name: 'auth.deliver_code', lane: 'mail', priority: 'high' };

const sealedCode = z.object({ email: z.string(), code: z.string(), expiresAt: z.coerce.date() });

/** Sign-in by a code, or a link, that only the reader of a mailbox can know. */
@Injectable()
export class SignIn {
  constructor(
    private readonly options: SignInOptions,
    private readonly envelope: Envelope,
    private readonly codes: SignInCodes,
    private readonly store: SignInCodeStore,
    private readonly people: PersonStore,
    private readonly sessions: Sessions,
    private readonly invitations: InvitationTokens,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
  ) {}

  /**
   * Gives the same answer after the same work for every address: the worker looks the account up, where
   * response times reveal nothing. Returns the secret of the requesting device.
   */
  async requestCode(scope: Scope, email: string): Promise<string> {
    const refusal = refuseSend(await this.store.recentForInsert(scope, email, clientOf(scope)), scope.now());
    if (refusal) throw refusal;
    const { id, code, expiresAt, state } = await this.codes.make(scope, email);
    const sealed = this.envelope.seal(JSON.stringify({ email, code, expiresAt }), sealContext(id));
    await scope.enqueue({ task: deliverCodeTask, payload: { id, sealed: sealed.toString('base64') } });
    return state;
  }

  /** Mails a code if the address may sign in; otherwise does nothing. */
  async deliverCode(scope: Scope, id: string, sealed: string): Promise<void> {
    const opened = this.envelope.open(Buffer.from(sealed, 'base64'), sealContext(id)).toString();
    const { email, code, expiresAt } = sealedCode.parse(JSON.parse(opened));
    if (!this.options.open && !(await this.people.findByEmail(scope, email))) return;
    const link = `${this.options.publicUrl}/auth/link?token=${this.codes.linkToken({ id, code })}`;
    await this.mailer.send(scope, signInCodeMail({ to: email, code, link, expiresAt }));
  }

  async verifyCode(scope: Scope, input: { email: string; code: string } & SignInInput): Promise<TokenPair> {
    return this.open(scope, await this.codes.prove(scope, input), input, 'code');
  }

  async verifyLink(scope: Scope, input: { token: string; state: string } & SignInInput): Promise<TokenPair> {
    return this.open(scope, await this.codes.proveLink(scope, input), input, 'link');
  }

  /** Proves again who is behind the calling session. */
  async reauthenticate(scope: Scope, code: string): Promise<IssuedAccessToken> {
    refuseForeignSession(scope.sessionId);
    const proven = await this.codes.prove(scope, { email: scope.email, code });
    return this.sessions.reauthenticate(scope, 'code', (inner) => this.codes.consume(inner, proven));
  }

  async purge(scope: Scope): Promise<void> {
    await this.store.purge(scope);
  }

  private async open(scope: Scope, proven: ProvenCode, given: SignInInput, proof: Proof): Promise<TokenPair> {
    const origin = originOf(scope);
    const person = await this.scopes.run(origin, (inner) => this.personOf(inner, proven.email));
    if (!person) throw codeRefused();
    const caller: PersonCaller = {
      kind: 'person',
      identityId: person.id,
      email: person.email,
      sessionId: uuid(),
    };
    const admit = async (inner: Scope): Promise<void> => {
      await this.codes.consume(inner, proven);
      const arrival = { identityId: person.id, requestId: inner.requestId, now: inner.now() };
      await acceptAtSignIn(await inner.tx(), arrival, this.invitations.read(given.invitationToken));
    };
    return this.sessions.open(origin, caller, given.deviceName, admit, proof);
  }

  private personOf(scope: Scope, email: string): Promise<Person | undefined> {
    return this.options.open ? this.people.findOrInsert(scope, email) : this.people.findByEmail(scope, email);
  }
}

const sealContext = sealedJob(deliverCodeTask.name, (id) => `sign_in_code/${id}`);
