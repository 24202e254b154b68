export type { Approval, Decision } from './approval.js';
export { ApprovalModule } from './approval.module.js';
export { standingOf } from './approval.rules.js';
export { Approvals } from './approvals.service.js';
