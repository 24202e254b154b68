import { ActivityService } from '@dovecote/contract/shared/activity/v1/activity_pb';
import { anyProof, projectRead, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const sharedActivity: readonly ServiceRows[] = [
  rowsOf(ActivityService, {
    getActivityFeed: read(projectRead, anyProof),
    getEventExplorer: read(projectRead, anyProof),
    getFilterSchema: read(projectRead, anyProof),
    getPropertyValues: read(projectRead, anyProof),
    getActivityHeatmap: read(projectRead, anyProof),
    getProfileStats: read(projectRead, anyProof),
  }),
];
