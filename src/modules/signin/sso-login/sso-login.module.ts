import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { AuthModule } from '../auth/index.js';
import { MemberModule } from '../../people/member/index.js';
import { RoleModule } from '../../people/role/index.js';
import { SsoModule } from '../sso/index.js';
import { ssoLoginPersonalData } from './personal-data.store.js';
import { LoginAdmission } from './login-admission.service.js';
import { Browser } from './browser.js';
import { LoginRpc } from './login.rpc.js';
import { LoginStore } from './login.store.js';
import { Logins } from './logins.service.js';
import { OidcLogins } from './oidc-logins.service.js';
import { OidcLogoutController } from './oidc-logout.controller.js';
import { OidcLogout } from './oidc-logout.service.js';
import { OidcController } from './oidc.controller.js';
import { ProviderSignOut } from './provider-sign-out.service.js';
import { SamlConnections } from './saml-connections.service.js';
import { SamlLogins } from './saml-logins.service.js';
import { SamlLogoutController } from './saml-logout.controller.js';
import { SamlLogout } from './saml-logout.service.js';
import { SamlController } from './saml.controller.js';
import { SsoSignInRpc } from './sso-sign-in.rpc.js';
import { SsoSignIn } from './sso-sign-in.service.js';
import { SsoSignOut } from './sso-sign-out.service.js';
import { SubjectRpc } from './subject.rpc.js';
import { SubjectStore } from './subject.store.js';
import { Subjects } from './subjects.service.js';

/**
 * Logins through identity providers: the way there, the judgement of the answer, who the person is here, the session
 * that comes of it, and the record of all that.
 * Invariants: an answer and an assertion are good once, on however many servers; a provider speaks for addresses in
 * domains that its organization has proven, and for nobody else; a role above the ceiling is not given; whoever is
 * refused learns by which number the admin finds the cause, and nothing more; a member has one account in a connection,
 * and another one only by an admin's act.
 */
@Module({
  imports: [AuthModule, MemberModule, RoleModule, SsoModule],
  controllers: [
    LoginRpc,
    OidcController,
    OidcLogoutController,
    SamlController,
    SamlLogoutController,
    SsoSignInRpc,
    SubjectRpc,
  ],
  providers: [
    LoginAdmission,
    Browser,
    Logins,
    LoginStore,
    OidcLogins,
    OidcLogout,
    ProviderSignOut,
    SamlConnections,
    SamlLogins,
    SamlLogout,
    SsoSignIn,
    SsoSignOut,
    Subjects,
    SubjectStore,
  ],
})
export class SsoLoginModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(ssoLoginPersonalData);
  }
}
