import { type AppError, failedPrecondition, permissionDenied } from '../../../platform/errors/index.js';
import { type Approval, approvalState, type ApprovalState } from './approval.js';

/** What an approval is worth for a content. `canApprove`: whether the member who gave it may still give one. */
export function standingOf(
  { state, digest }: Pick<Approval, 'state' | 'digest'>,
  content: string,
  canApprove: boolean,
): ApprovalState {
  if (state === approvalState.rejected) return state;
  if (digest !== content) return approvalState.void;
  return state === approvalState.approved && !canApprove ? approvalState.lapsed : state;
}

export function refuseRequest(standing: ApprovalState | undefined): AppError | undefined {
  if (standing === approvalState.requested)
    return failedPrecondition(
      'APPROVAL_REQUESTED',
      'An approval of this content is requested already; another member can decide about it.',
    );
  if (standing === approvalState.approved)
    return failedPrecondition('CAMPAIGN_APPROVED', 'The campaign is approved as it is.');
  return undefined;
}

/** `content`: what the campaign would start with now; `seen`: what the approver has looked at. */
export function refuseDecision(
  standing: ApprovalState | undefined,
  content: string,
  seen: string,
): AppError | undefined {
  if (standing === approvalState.void || (standing === approvalState.requested && seen !== content))
    return failedPrecondition(
      'CONTENT_CHANGED',
      'The campaign has changed since its approval was requested, or since you looked at it; look again, and have the approval requested again if it is void.',
    );
  if (standing === approvalState.requested) return undefined;
  return failedPrecondition(
    'APPROVAL_NOT_REQUESTED',
    'No request for an approval of this campaign waits for a decision.',
  );
}

/** `involved`: the members who requested, created or edited, or whose API keys did. */
export function refuseApprover(approver: string, involved: readonly string[]): AppError | undefined {
  if (!involved.includes(approver)) return undefined;
  return permissionDenied(
    'SECOND_PERSON_NEEDED',
    'Another member must decide: you, or an API key of yours, requested the approval, created the campaign or edited it last.',
  );
}

const obstacles: Readonly<Record<ApprovalState, string | undefined>> = {
  [approvalState.requested]: 'its approval waits for a decision',
  [approvalState.approved]: undefined,
  [approvalState.rejected]: 'its approval was rejected',
  [approvalState.void]: 'it has changed since the approval was requested',
  [approvalState.lapsed]: 'the member who approved it may no longer start campaigns',
};

/** Where the organization requires an approval. */
export function refuseUnapproved(standing: ApprovalState | undefined): AppError | undefined {
  const obstacle = standing === undefined ? 'none was requested' : obstacles[standing];
  if (obstacle === undefined) return undefined;
  return failedPrecondition(
    'CAMPAIGN_UNAPPROVED',
    `The organization requires that a second person approves a campaign before it starts: ${obstacle}.`,
  );
}
