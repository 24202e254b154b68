import { InsightsService } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { anyProof, projectRead, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const sharedInsights: readonly ServiceRows[] = [
  rowsOf(InsightsService, {
    query: read(projectRead, anyProof),
    segmentUsers: read(projectRead, anyProof),
    getFilterSchema: read(projectRead, anyProof),
    getPropertyValues: read(projectRead, anyProof),
  }),
];
