import { OrgEmailProvidersService } from '@dovecote/contract/orgemailproviders/v1/orgemailproviders_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  organizationOfMessage,
  read,
  recentProof,
  rowsOf,
  type ServiceRows,
  unaudited,
  write,
} from '../access-rule.js';

const admin = organizationOfMessage(P.ORG_WRITE);

export const orgEmailProviders: readonly ServiceRows[] = [
  rowsOf(OrgEmailProvidersService, {
    get: read(admin, anyProof),
    upsert: write(admin, recentProof(), 'EMAIL_PROVIDER_SET'),
    delete: write(admin, recentProof(), 'EMAIL_PROVIDER_REMOVED'),
    // Mails the caller, and counts that.
    sendTest: unaudited(admin, anyProof),
  }),
];
