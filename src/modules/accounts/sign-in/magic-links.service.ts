import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, generateToken, hashToken } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { clientOf, type Person, PersonStore } from '../../signin/auth/index.js';
import { sealedJob } from '../../../platform/sealed-columns/index.js';
import { magicLinkMail } from './magic-link.mail.js';
import { MagicLinkStore } from './magic-link.store.js';
import { linkExpiry, linkRefused, refuseLink } from './sign-in.rules.js';

export const deliverLinkTask: Task = { name: 'accounts.deliver_link', lane: 'mail', priority: 'high' };

const sealedLink = z.object({ email: z.string(), token: z.string(), expiresAt: z.coerce.date() });

/** Mailed links that sign in, once. */
@Injectable()
export class MagicLinks {
  constructor(
    private readonly store: MagicLinkStore,
    private readonly people: PersonStore,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Gives the same answer after the same work for every address: a worker looks the account up, where response times
   * reveal nothing.
   */
  async request(scope: Scope, email: string): Promise<void> {
    const client = clientOf(scope);
    const refusal = refuseLink(await this.store.recentForInsert(scope, email, client), scope.now());
    if (refusal) throw refusal;
    const [id, token, expiresAt] = [uuid(), generateToken(), linkExpiry(scope.now())];
    await this.store.replace(scope, { id, tokenHash: hashToken(token), email, client, expiresAt });
    const sealed = this.envelope.seal(JSON.stringify({ email, token, expiresAt }), sealContext(id));
    await scope.enqueue({ task: deliverLinkTask, payload: { id, sealed: sealed.toString('base64') } });
  }

  /** Mails the link if the address may sign in; otherwise does nothing. */
  async deliver(scope: Scope, id: string, sealed: string): Promise<void> {
    const opened = this.envelope.open(Buffer.from(sealed, 'base64'), sealContext(id)).toString();
    const { email, token, expiresAt } = sealedLink.parse(JSON.parse(opened));
    if (this.config.signUp !== 'open' && !(await this.people.findByEmail(scope, email))) return;
    const link = `${this.config.dashboard.url}/magic-link?token=${token}`;
    await this.mailer.send(scope, magicLinkMail({ to: email, link, expiresAt }));
  }

  /** The person who followed the link, noted as a person if they are new and sign-up is open. Throws INVALID_TOKEN. */
  async prove(scope: Scope, token: string): Promise<Person> {
    const email = await this.scopes.run({ ...originOf(scope), readOnly: true }, (inner) =>
      this.store.emailBehind(inner, hashToken(token)),
    );
    const person = email === undefined ? undefined : await this.personOf(scope, email);
    if (!person) throw linkRefused();
    return person;
  }

  /** In the transaction that opens the session. Refuses when another call was faster. */
  async consume(scope: Scope, token: string): Promise<void> {
    if (!(await this.store.consume(scope, hashToken(token)))) throw linkRefused();
  }

  /** The owner of a proven address; undefined where only invited people may sign up, and this one is not. */
  personOf(scope: Scope, email: string): Promise<Person | undefined> {
    return this.scopes.run(originOf(scope), (inner) =>
      this.config.signUp === 'open'
        ? this.people.findOrInsert(inner, email)
        : this.people.findByEmail(inner, email),
    );
  }

  async purge(scope: Scope): Promise<void> {
    await this.store.purge(scope);
  }
}

const sealContext = sealedJob(deliverLinkTask.name, (id) => `magic_link/${id}`);
