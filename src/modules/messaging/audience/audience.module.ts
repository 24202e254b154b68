import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { RoleModule } from '../../people/role/index.js';
import { RosterModule } from '../../people/roster/index.js';
import { CampaignModule } from '../campaign/index.js';
import { AudienceRpc } from './audience.rpc.js';
import { AudienceRules } from './audience-rules.service.js';
import { AudienceRuleStore } from './audience-rule.store.js';
import { Audiences } from './audiences.service.js';
import { audiencePersonalData } from './personal-data.store.js';
import { Sources } from './sources.service.js';

/**
 * Where the audience of a campaign comes from: members, groups, teams and saved rules, resolved when that is asked for. The
 * campaign keeps the audience, its sources and who was left out (`../campaign`). Invariants: a rule names what the organization
 * has when it is saved; a rule is not deleted while a campaign waits that was resolved with it.
 */
@Module({
  imports: [CampaignModule, RoleModule, RosterModule],
  controllers: [AudienceRpc],
  providers: [AudienceRules, AudienceRuleStore, Audiences, Sources],
})
export class AudienceModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(audiencePersonalData);
  }
}
