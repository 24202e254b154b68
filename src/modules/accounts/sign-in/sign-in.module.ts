import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { ProjectModule } from '../../analytics/project/index.js';
import { MemberModule } from '../../people/member/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { AuthModule } from '../../signin/auth/index.js';
import { PasswordModule } from '../../signin/password/index.js';
import { SsoModule } from '../../signin/sso/index.js';
import { CustomerModule } from '../customer/index.js';
import { BelongingStore } from './belonging.store.js';
import { DashboardAuthRpc } from './dashboard-auth.rpc.js';
import { DashboardProvider } from './dashboard-provider.service.js';
import { DashboardSignIn } from './dashboard-sign-in.service.js';
import { DemoSignIn } from './demo.service.js';
import { DocumentedAuthRpc } from './documented-auth.rpc.js';
import { DocumentedSignIn } from './documented-sign-in.service.js';
import { MagicLinkStore } from './magic-link.store.js';
import { MagicLinks } from './magic-links.service.js';
import { Onboarding } from './onboarding.service.js';
import { signInPersonalData } from './personal-data.store.js';
import { DeliverLinkJob, PurgeLinksJob } from './sign-in.jobs.js';

/**
 * Sign-in to the dashboard, in the two public contracts of analytics: a view of the one sign-in, whose sessions and tokens
 * these are.
 * Invariants: an answer does not reveal whether an address has an account; a token of a mailed link works once, and the
 * newest of an address only; what proves a person is consumed in the transaction that opens the session, founds the
 * organization of a person without one, and accepts invitations; a person gets one organization, however often they sign
 * in at once; an address counts when a mail or a provider has proven it; where single sign-on is required no session of
 * these acts.
 */
@Module({
  imports: [
    AuthModule,
    CustomerModule,
    MemberModule,
    OrganizationModule,
    PasswordModule,
    ProjectModule,
    SsoModule,
  ],
  controllers: [DashboardAuthRpc, DocumentedAuthRpc],
  providers: [
    BelongingStore,
    DashboardProvider,
    DashboardSignIn,
    DeliverLinkJob,
    DemoSignIn,
    DocumentedSignIn,
    MagicLinks,
    MagicLinkStore,
    Onboarding,
    PurgeLinksJob,
  ],
})
export class SignInModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(signInPersonalData);
  }
}
