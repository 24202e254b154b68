import { InsightsService } from '@dovecote/contract/dovecote/insights/v1/insights_pb';
import { anyProof, projectRead, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const dovecoteInsights: readonly ServiceRows[] = [
  rowsOf(InsightsService, {
    compare: read(projectRead, anyProof),
    lifecycle: read(projectRead, anyProof),
    stickiness: read(projectRead, anyProof),
  }),
];
