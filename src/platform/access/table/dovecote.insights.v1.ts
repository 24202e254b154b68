import { InsightsService } from '@dovecote/contract/dovecote/insights/v1/insights_pb';
import { anyProof, read, rowsOf, signedIn, type ServiceRows } from '../access-rule.js';

export const dovecoteInsights: readonly ServiceRows[] = [
  rowsOf(InsightsService, {
    compare: read(signedIn, anyProof),
    lifecycle: read(signedIn, anyProof),
    stickiness: read(signedIn, anyProof),
  }),
];
