import { Injectable } from '@nestjs/common';
import { AppError } from '../../../platform/errors/index.js';
import {
  type MailDelivery,
  type MailOutcome,
  Mailer,
  type OutgoingMail,
} from '../../../platform/mail/index.js';
import { type Scope, Scopes } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { Members } from '../../people/member/index.js';
import { PersonStore } from '../../signin/auth/index.js';
import { ProviderRefusal } from './email-provider.js';
import { isReportDue } from './email-provider.rules.js';
import { EmailProviderStore } from './email-provider.store.js';
import { EmailProviders } from './email-providers.service.js';
import { providerFailingMail } from './provider-failing.mail.js';
import { ProviderSender } from './provider-sender.js';

/** Sends the mail of organizations by their providers. One that fails is tried again: the operator never steps in unasked. */
@Injectable()
export class ProviderDelivery {
  constructor(
    private readonly providers: EmailProviders,
    private readonly store: EmailProviderStore,
    private readonly sender: ProviderSender,
    private readonly people: PersonStore,
    private readonly members: Members,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
  ) {}

  /** The delivery of the organization that the mail belongs to, if it has a provider. */
  async find(mail: OutgoingMail, context: JobContext): Promise<MailDelivery | undefined> {
    const orgId = await this.organizationOf(mail, context);
    if (orgId === undefined) return undefined;
    const state = await this.inOrganization(orgId, context, (scope) => this.providers.state(scope));
    if (!state) return undefined;
    return { deliver: (given) => this.deliver(orgId, state.updatedAt, given, context) };
  }

  /**
   * Invitations belong to the organization that invites. A code or link to sign in belongs to the person: its reader acts as
   * them. It goes by an organization's provider only if the person is a member there and nowhere else, and the organization
   * has proven that the domain of the address is its own, and so could read that mail anyway.
   */
  private async organizationOf(mail: OutgoingMail, context: JobContext): Promise<string | undefined> {
    if (mail.kind === 'invitation') return context.orgId;
    if (mail.kind !== 'code') return undefined;
    const origin = { caller: { kind: 'system' }, requestId: context.jobId } as const;
    const person = await this.scopes.run(origin, (scope) => this.people.findByEmail(scope, mail.to));
    if (!person) return undefined;
    const caller = { kind: 'person', identityId: person.id, email: person.email, sessionId: '' } as const;
    const [only, second] = await this.scopes.run({ ...origin, caller }, (scope) =>
      this.store.membershipsOf(scope),
    );
    return only && !second && only.isActive && only.hasProvenDomain ? only.orgId : undefined;
  }

  private async deliver(
    orgId: string,
    setAt: Date,
    mail: OutgoingMail,
    context: JobContext,
  ): Promise<MailOutcome> {
    const found = await this.inOrganization(orgId, context, async (scope) => {
      if (mail.notAfter && mail.notAfter < scope.now()) return 'pointless';
      return this.providers.find(scope).catch((error: unknown) => {
        // The secret cannot be opened: a failure of the provider like any other.
        if (error instanceof AppError) return new ProviderRefusal(error.message);
        throw error;
      });
    });
    if (found === 'pointless') return 'dropped';
    // Removed a moment ago: the next attempt finds another way.
    if (!found) throw new ProviderRefusal('The provider has been removed.');
    try {
      if (found instanceof ProviderRefusal) throw found;
      await this.sender.send(found, mail);
    } catch (error) {
      if (!(error instanceof ProviderRefusal)) throw error;
      if (error.concerns === 'recipient') return 'refused';
      await this.inOrganization(orgId, context, (scope) => this.noteFailure(scope, setAt));
      throw error;
    }
    await this.inOrganization(orgId, context, (scope) => this.noteSuccess(scope, setAt));
    return 'sent';
  }

  private async noteFailure(scope: Scope, setAt: Date): Promise<void> {
    const failure = await this.store.noteFailure(scope, setAt);
    if (!failure || !isReportDue(failure, scope.now())) return;
    await this.store.noteReport(scope);
    await scope.audit('EMAIL_PROVIDER_FAILED', {
      entityType: 'email_provider',
      entityId: scope.orgId,
      metadata: { since: failure.failingSince.toISOString() },
    });
    const organization = await this.members.organizationName(scope);
    for (const { email } of await this.members.superAdmins(scope))
      await this.mailer.send(scope, providerFailingMail(email, organization, failure.failingSince));
  }

  /** Writes only what changes: most mail leaves by a provider that works. */
  private async noteSuccess(scope: Scope, setAt: Date): Promise<void> {
    const state = await this.providers.state(scope);
    if (state?.failingSince) await this.store.noteSuccess(scope, setAt);
  }

  private inOrganization<T>(
    orgId: string,
    { jobId, signal }: JobContext,
    work: (scope: Scope) => Promise<T>,
  ): Promise<T> {
    return this.scopes.run({ caller: { kind: 'system', orgId }, requestId: jobId, signal }, work);
  }
}
