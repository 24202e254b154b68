import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, UnsealError } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import type { AppError } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import {
  type EmailProvider,
  type EmailProviderRow,
  ProviderRefusal,
  type ProviderSettings,
} from './email-provider.js';
import {
  type GivenProvider,
  invalidConfig,
  providerNotFound,
  readSender,
  redacted,
  refuseRecipient,
  secretLost,
  settingsViolations,
  withStoredSecret,
} from './email-provider.rules.js';
import { EmailProviderStore } from './email-provider.store.js';
import { ProviderSender } from './provider-sender.js';
import { testMail } from './test.mail.js';

const settingsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('smtp'),
    host: z.string(),
    port: z.number(),
    username: z.string(),
    password: z.string(),
    useTls: z.boolean(),
  }),
  z.object({ kind: z.enum(['resend', 'sendgrid', 'postmark']), apiKey: z.string() }),
]);

/** A test tells what a server answers, and sends a mail: neither is for programs. */
const testsByOne: DailyLimit = {
  kind: 'email_provider_test',
  most: 20,
  sentence: 'A person may send 20 test mails a day.',
  subject: 'person',
};

/** The result of a test; `error` is empty when the provider has accepted the mail. */
export interface TestResult {
  success: boolean;
  error: string;
}

/** By whom the mail of an organization is sent: its one provider, or the operator. */
@Injectable()
export class EmailProviders {
  constructor(
    private readonly store: EmailProviderStore,
    private readonly sender: ProviderSender,
    private readonly limits: DailyLimits,
    private readonly scopes: Scopes,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  async get(scope: Scope): Promise<EmailProvider> {
    const row = await this.store.find(scope);
    if (!row) throw providerNotFound();
    return this.opened(scope, row);
  }

  async find(scope: Scope): Promise<EmailProvider | undefined> {
    const row = await this.store.find(scope);
    return row && this.opened(scope, row);
  }

  /** When the provider was set, and whether its last mail failed; undefined without a provider. */
  async state(scope: Scope): Promise<Pick<EmailProviderRow, 'updatedAt' | 'failingSince'> | undefined> {
    return this.store.find(scope);
  }

  /** An empty secret keeps the stored one where `mayKeepSecret`, for the same server and account. */
  async set(scope: Scope, given: GivenProvider, mayKeepSecret: boolean): Promise<EmailProvider> {
    const before = await this.store.findForUpdate(scope);
    const stored = before && mayKeepSecret ? this.openedOrNone(scope, before) : undefined;
    const settings = given.settings && withStoredSecret(given.settings, stored);
    const { sender, violations } = readSender(given);
    const all = [...violations, ...settingsViolations(settings, given)];
    if (!settings || all.length > 0) throw invalidConfig(all);
    const updatedAt = scope.now();
    const sealedSettings = this.envelope.seal(JSON.stringify(settings), sealContext(scope.orgId));
    const row = { kind: settings.kind, ...sender, sealedSettings, updatedAt, failingSince: null };
    await this.store.upsert(scope, row);
    await scope.audit('EMAIL_PROVIDER_SET', {
      entityType: 'email_provider',
      entityId: scope.orgId,
      metadata: {
        kind: settings.kind,
        from: sender.from,
        ...(settings.kind === 'smtp' && { server: redacted({ ...settings, username: '' }) }),
      },
    });
    return { orgId: scope.orgId, ...sender, settings, updatedAt };
  }

  /** Without a provider it changes nothing. */
  async remove(scope: Scope): Promise<void> {
    if (!(await this.store.delete(scope))) return;
    await scope.audit('EMAIL_PROVIDER_REMOVED', { entityType: 'email_provider', entityId: scope.orgId });
  }

  /** Mails the caller. The limit is taken, and the transaction ended, before the provider is called. */
  async sendTest(scope: Scope, recipient: string): Promise<TestResult> {
    refuse(refuseRecipient(recipient, scope.email));
    const provider = await this.scopes.run(originOf(scope), async (inner) => {
      const found = await this.get(inner);
      await this.limits.take(inner, testsByOne, inner.identityId);
      return found;
    });
    try {
      await this.sender.send(provider, { id: uuid(), ...testMail(scope.email) });
      return { success: true, error: '' };
    } catch (error) {
      if (error instanceof ProviderRefusal) return { success: false, error: error.message };
      throw error;
    }
  }

  private opened(scope: Scope, row: EmailProviderRow): EmailProvider {
    const { from, replyTo, updatedAt } = row;
    const settings = this.openedOrNone(scope, row);
    if (!settings) throw secretLost();
    return { orgId: scope.orgId, from, replyTo, settings, updatedAt };
  }

  /** Undefined when no key opens it: it was sealed by another installation. */
  private openedOrNone(scope: Scope, { sealedSettings }: EmailProviderRow): ProviderSettings | undefined {
    try {
      const opened = this.envelope.open(sealedSettings, sealContext(scope.orgId)).toString();
      return settingsSchema.parse(JSON.parse(opened));
    } catch (error) {
      if (error instanceof UnsealError) return undefined;
      throw error;
    }
  }
}

const sealContext = sealedColumn(
  { table: 'email_provider', column: 'sealed_settings', places: ['org_id'] },
  (orgId) => `email_provider.sealed_settings/${orgId}`,
);

function refuse(refusal: AppError | undefined): void {
  if (refusal) throw refusal;
}
