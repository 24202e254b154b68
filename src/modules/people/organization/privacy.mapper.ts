import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  OrgPrivacySettingsSchema,
  OrgPrivacyToggleSchema,
  UpdateOrgPrivacySettingsRequest,
} from '@dovecote/contract/pidgr/v1/organization_pb';
import type { PrivacyRequest } from './privacy-settings.rules.js';
import type { Privacy } from './privacy-settings.service.js';

export function toPrivacySettings(privacy: Privacy): MessageInitShape<typeof OrgPrivacySettingsSchema> {
  return {
    aiClustering: toToggle(privacy.ai_clustering),
    behavioralAnalytics: toToggle(privacy.behavioral_analytics),
    thirdPartyChannels: toToggle(privacy.third_party_channels),
  };
}

function toToggle({
  enabled,
  last,
}: Privacy[keyof Privacy]): MessageInitShape<typeof OrgPrivacyToggleSchema> {
  return {
    enabled,
    lastChangedByEmail: last?.email ?? '',
    lastChangedAt: last && timestampFromDate(last.at),
  };
}

export function toPrivacyRequest(request: UpdateOrgPrivacySettingsRequest): PrivacyRequest {
  const given: PrivacyRequest = {
    ai_clustering: request.aiClusteringEnabled,
    behavioral_analytics: request.behavioralAnalyticsEnabled,
    third_party_channels: request.thirdPartyChannelsEnabled,
  };
  return Object.fromEntries(Object.entries(given).filter(([, enabled]) => enabled !== undefined));
}
