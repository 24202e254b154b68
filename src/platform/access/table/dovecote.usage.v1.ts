import { EventLimitService } from '@dovecote/contract/dovecote/usage/v1/usage_pb';
import { Permission as P } from '../../permission/permissions.js';
import { anyProof, permission, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const dovecoteUsage: readonly ServiceRows[] = [
  rowsOf(EventLimitService, {
    getEventLimit: read(permission(P.ORG_WRITE), anyProof),
  }),
];
