import { Module, type OnModuleInit } from '@nestjs/common';
import { OrganizationMail } from '../../../platform/mail/index.js';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { MemberModule } from '../../people/member/index.js';
import { PersonStore } from '../../signin/auth/index.js';
import { DocumentedEmailProvidersRpc } from './documented-email-providers.rpc.js';
import { EmailProviderStore } from './email-provider.store.js';
import { EmailProviders } from './email-providers.service.js';
import { emailProviderPersonalData } from './personal-data.store.js';
import { ProviderDelivery } from './provider-delivery.js';
import { ProviderSender } from './provider-sender.js';
import { ShippedEmailProvidersRpc } from './shipped-email-providers.rpc.js';

/**
 * The provider that sends the mail of an organization: a mail server, or the API of Resend, SendGrid or Postmark.
 * Invariants: an organization has one provider at most; its secrets are sealed and never shown; it is reached by the guarded
 * client only; mail waits for a provider that fails, and is never sent by the operator instead; security news is always sent by
 * the operator.
 */
@Module({
  imports: [MemberModule],
  controllers: [DocumentedEmailProvidersRpc, ShippedEmailProvidersRpc],
  providers: [EmailProviders, EmailProviderStore, PersonStore, ProviderDelivery, ProviderSender],
})
export class EmailProviderModule implements OnModuleInit {
  constructor(
    private readonly mail: OrganizationMail,
    private readonly delivery: ProviderDelivery,
    private readonly personalData: PersonalData,
  ) {}

  onModuleInit(): void {
    this.mail.contribute((mail, context) => this.delivery.find(mail, context));
    this.personalData.contribute(emailProviderPersonalData);
  }
}
