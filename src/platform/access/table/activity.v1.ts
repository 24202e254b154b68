import { ActivityService } from '@dovecote/contract/activity/v1/activity_pb';
import { anyProof, projectRead, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const activity: readonly ServiceRows[] = [
  rowsOf(ActivityService, { list: read(projectRead, anyProof) }),
];
