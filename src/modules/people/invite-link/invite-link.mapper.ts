import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type InviteLink, InviteLinkSchema } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import type { SharedLink } from './invite-link.js';

export function toInviteLink(link: SharedLink): InviteLink {
  const { id, token, roleId, maxUses, useCount, createdBy, dataGovernanceRegion } = link;
  return create(InviteLinkSchema, {
    id,
    token,
    roleId,
    maxUses,
    useCount,
    createdBy,
    dataGovernanceRegion,
    createdAt: timestampFromDate(link.createdAt),
    expiresAt: link.expiresAt ? timestampFromDate(link.expiresAt) : undefined,
    revokedAt: link.revokedAt ? timestampFromDate(link.revokedAt) : undefined,
  });
}
