import { InsightsService } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { anyProof, read, rowsOf, signedIn, type ServiceRows } from '../access-rule.js';

export const sharedInsights: readonly ServiceRows[] = [
  rowsOf(InsightsService, {
    query: read(signedIn, anyProof),
    segmentUsers: read(signedIn, anyProof),
    getFilterSchema: read(signedIn, anyProof),
    getPropertyValues: read(signedIn, anyProof),
  }),
];
