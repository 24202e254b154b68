import { InsightsService } from '@dovecote/contract/insights/v1/insights_pb';
import { anyProof, projectRead, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const insights: readonly ServiceRows[] = [
  rowsOf(InsightsService, { query: read(projectRead, anyProof) }),
];
