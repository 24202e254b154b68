import type { WorkflowDefinition } from '@dovecote/workflow';
import type { CampaignStatus, DeliveryStatus, DeliveryKind } from './status.js';

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
  synthetic: boolean;
  audienceSnapshotRef: string;
  audienceSize: number;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
}

/** Counted while the campaign runs; all zero before the start. */
export interface CampaignCounters {
  recipients: number;
  acknowledged: number;
  missed: number;
}

/** Where a running campaign stands. */
export interface CampaignProgress {
  stepId: string;
  enteredAt: Date;
  wakeAt: Date | null;
}

export interface CampaignView extends Campaign {
  counters: CampaignCounters;
  progress: CampaignProgress | null;
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

export interface AudienceEntry extends AudienceMember {
  /** Empty when the member no longer exists. */
  email: string;
  name: string;
  active: boolean;
}

/** One recipient's copy. */
export interface Delivery {
  id: string;
  userId: string;
  campaignId: string;
  status: DeliveryStatus;
  kind: DeliveryKind;
  parentDeliveryId: string | null;
  renderedLocale: string;
  synthetic: boolean;
  createdAt: Date;
  deliveredAt: Date | null;
  readAt: Date | null;
  actedAt: Date | null;
  recipientEmail: string;
}
