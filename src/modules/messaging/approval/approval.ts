/** Numbers of dovecote.campaign.v1.CampaignApproval.State; `void` and `lapsed` are never stored: they follow from what is so now. */
export const approvalState = { requested: 1, approved: 2, rejected: 3, void: 4, lapsed: 5 } as const;
export type ApprovalState = (typeof approvalState)[keyof typeof approvalState];

/** A request to let a campaign start with one content, and what was decided. */
export interface Approval {
  readonly campaignId: string;
  readonly state: ApprovalState;
  /** Names the content that was requested. */
  readonly digest: string;
  /** A member or an API key; null once erased. */
  readonly requestedBy: string | null;
  readonly requestedAt: Date;
  readonly note: string;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly comment: string;
}

/** A decision about the content that the approver has looked at. */
export interface Decision {
  readonly isApproved: boolean;
  readonly digest: string;
  readonly comment: string;
}
