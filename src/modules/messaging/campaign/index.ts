export { isPassing } from './campaign.rules.js';
export { campaignStatus, type CampaignStatus } from './campaign.js';
export { CampaignContents } from './campaign-contents.service.js';
export { CampaignDuplicates } from './campaign-duplicates.service.js';
export { CampaignEdits } from './campaign-edits.service.js';
export { CampaignMessages } from './campaign-messages.service.js';
export { CampaignPauses } from './campaign-pauses.service.js';
export type { Pause } from './campaign-pause.store.js';
export { CampaignModule } from './campaign.module.js';
export { Campaigns } from './campaign.service.js';
export { CampaignWake } from './campaign-wake.service.js';
export {
  type AudiencePerson,
  type AudienceSource,
  type AudienceSummary,
  type FileMember,
  type FileRow,
  leftOutReason,
  type LeftOutReason,
  type ResolvableSource,
  type RulePredicate,
  sourceKind,
} from './resolved-audience.js';
export { ResolvedAudiences } from './resolved-audiences.service.js';
export { Copies } from './copies.service.js';
export { type CampaignSnapshot, StatisticsStore } from './statistics.store.js';
