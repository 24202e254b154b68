import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { CampaignApprovalSchema } from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import type { NamedApproval } from './campaign-approvals.service.js';

export function fromApproval({
  campaignId,
  campaignName,
  state,
  digest,
  requestedBy,
  requestedAt,
  note,
  decidedBy,
  decidedAt,
  comment,
}: NamedApproval): MessageInitShape<typeof CampaignApprovalSchema> {
  return {
    // States have the numbers of the contract.
    ...{ campaignId, campaignName, state, note, comment },
    contentDigest: digest,
    requestedBy: requestedBy ?? '',
    requestedAt: timestampFromDate(requestedAt),
    decidedBy: decidedBy ?? '',
    decidedAt: decidedAt ? timestampFromDate(decidedAt) : undefined,
  };
}
