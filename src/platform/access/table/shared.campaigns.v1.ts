import { CampaignService } from '@dovecote/contract/shared/campaigns/v1/campaigns_pb';
import { Permission } from '../../permission/permissions.js';
import { anyProof, projectRead, read, rowsOf, type ServiceRows, unaudited } from '../access-rule.js';

const change = { ...projectRead, anyOf: [Permission.ANALYTICS_WRITE] };

export const sharedCampaigns: readonly ServiceRows[] = [
  rowsOf(CampaignService, {
    batchGet: read(projectRead, anyProof),
    create: unaudited(change, anyProof),
    delete: unaudited(change, anyProof),
    get: read(projectRead, anyProof),
    update: unaudited(change, anyProof),
  }),
];
