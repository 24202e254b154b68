import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  CampaignFeedSchema,
  type CampaignFeed as CampaignFeedMessage,
} from '@dovecote/contract/dovecote/campaign/v1/feed_pb';
import type { CampaignFeed } from './campaign-feed.js';

export function toCampaignFeed({ project, isSuspended, waiting }: CampaignFeed): CampaignFeedMessage {
  return create(CampaignFeedSchema, {
    enabled: project !== undefined,
    projectId: project?.id ?? '',
    builtIn: project?.builtIn ?? false,
    suspended: isSuspended,
    waitingEvents: BigInt(waiting.events),
    waitingSince: waiting.since ? timestampFromDate(waiting.since) : undefined,
  });
}
