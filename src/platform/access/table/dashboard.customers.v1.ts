import { CustomersService } from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import {
  anyProof,
  person,
  personal,
  read,
  recentProof,
  rowsOf,
  type ServiceRows,
  unaudited,
} from '../access-rule.js';

export const dashboardCustomers: readonly ServiceRows[] = [
  rowsOf(CustomersService, {
    getMe: read(person, anyProof),
    setPassword: unaudited(personal(person), recentProof()),
  }),
];
