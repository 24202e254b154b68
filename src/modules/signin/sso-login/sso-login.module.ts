import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { AuthModule } from '../auth/index.js';
import { MemberModule } from '../../people/member/index.js';
import { RoleModule } from '../../people/role/index.js';
import { SsoModule } from '../sso/index.js';
import { ssoLoginPersonalData } from './personal-data.store.js';
import { LoginAdmission } from './login-admission.service.js';
import { ConnectionDoor } from './doors.js';
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
 * Logins through identity providers: starts them, validates the responses, maps accounts to members, opens
 * sessions and keeps a record of each login.
 * Invariants: a response and an assertion are accepted once across all servers; a provider is trusted for
 * addresses in proven domains of its organization only; a login never gives a role above the ceiling of its
 * connection; a refused browser sees the login id, the cause is visible to admins only; a member has one
 * account per connection, which only an admin can replace.
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
    ConnectionDoor,
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
