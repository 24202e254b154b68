import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { ApiKeyModule } from '../../people/api-key/index.js';
import { MemberModule } from '../../people/member/index.js';
import { RoleModule } from '../../people/role/index.js';
import { RosterModule } from '../../people/roster/index.js';
import { SsoModule } from '../sso/index.js';
import { scimPersonalData } from './personal-data.store.js';
import { ScimGateway } from './gateway.js';
import { GroupMembers } from './group-members.service.js';
import { GroupStore } from './group.store.js';
import { ScimGroups } from './groups.service.js';
import { ScimRoutes } from './scim.routes.js';
import { ScimRpc } from './scim.rpc.js';
import { ScimSettingsService } from './scim-settings.service.js';
import { ScimSettingsStore } from './scim-settings.store.js';
import { ScimTokens } from './scim-tokens.service.js';
import { UserStore } from './user.store.js';
import { ScimUsers } from './users.service.js';

/**
 * SCIM 2.0 under /scim/v2, with which directories keep members up to date; each token belongs to one
 * connection. A SCIM user is a member; a SCIM group is a row that the connection maps to rosters and roles.
 * Invariants: addresses are in proven domains; a token and its connection cannot grant or change more than
 * both may; the last super admin stays active; a user deleted by the directory is deactivated and stays on
 * record.
 */
@Module({
  imports: [ApiKeyModule, MemberModule, RoleModule, RosterModule, SsoModule],
  controllers: [ScimRpc],
  providers: [
    GroupMembers,
    GroupStore,
    ScimGateway,
    ScimGroups,
    ScimRoutes,
    ScimSettingsService,
    ScimSettingsStore,
    ScimTokens,
    ScimUsers,
    UserStore,
  ],
})
export class ScimModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(scimPersonalData);
  }
}
