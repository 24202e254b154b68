import { CustomersService } from '@dovecote/contract/customers/v1/customers_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  organizationOfMessage,
  person,
  personal,
  read,
  recentProofWhere,
  rowsOf,
  type ServiceRows,
  write,
} from '../access-rule.js';

export const customers: readonly ServiceRows[] = [
  rowsOf(CustomersService, {
    list: read(organizationOfMessage(P.ANALYTICS_READ), anyProof),
    get: read(person, anyProof),
    update: write(
      personal(person),
      recentProofWhere('it sets a password, and the current one is not given'),
      'PROFILE_UPDATED',
    ),
  }),
];
