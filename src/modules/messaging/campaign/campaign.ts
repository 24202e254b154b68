import type { WorkflowDefinition } from '@dovecote/workflow';
import type { DeliveryCounts } from '../delivery/index.js';

/** Where a campaign is in its life. Stored under the numbers of pidgr.v1.CampaignStatus. */
export const campaignStatus = { created: 1, running: 2, completed: 3, failed: 4, cancelled: 5 } as const;
export type CampaignStatus = (typeof campaignStatus)[keyof typeof campaignStatus];

/** A template in the version that campaign or step was made with. */
export interface PinnedTemplate {
  templateId: string;
  templateVersion: number;
}

/** A message sent to an audience, and what has become of it. */
export interface Campaign extends PinnedTemplate {
  id: string;
  name: string;
  senderName: string;
  title: string;
  status: CampaignStatus;
  workflow: WorkflowDefinition;
  critical: boolean;
  includeRestricted: boolean;
  waitForEnrollment: boolean;
  defaultLocale: string;
  /** It pauses itself when so many percent of its messages have failed; 0: never. */
  pauseAtFailedPercent: number;
  synthetic: boolean;
  audienceSnapshotRef: string;
  audienceSize: number;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
}

/** Where a running campaign stands. */
interface CampaignProgress {
  stepId: string;
  enteredAt: Date;
  wakeAt: Date | null;
}

export interface CampaignView extends Campaign {
  counters: DeliveryCounts;
  progress: CampaignProgress | null;
  /** The organization's; a size counted under the same version is still right. */
  reachabilityVersion: string;
}

export interface CampaignReport extends CampaignView {
  /** How many of the people who were asked for it would reach now; once it has ended, its audience. */
  currentAudienceSize: number;
}

/** One person of an audience, with the values that only they get. */
export interface AudienceMember {
  userId: string;
  variables: Record<string, string>;
}

/** The new campaign that is like another. */
export interface DuplicatedCampaign {
  readonly id: string;
  readonly audienceSize: number;
  /** Members of the audience who have left the organization since: how many, and the first of them. */
  readonly left: { readonly userIds: readonly string[]; readonly total: number };
}

export interface AudienceEntry extends AudienceMember {
  /** Empty when the member no longer exists. */
  email: string;
  name: string;
  active: boolean;
}
