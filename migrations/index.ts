import { IdsAndScope } from './0001-ids-and-scope.js';
import { IdentitiesAndOrganizations } from './0002-identities-and-organizations.js';
import { Credentials } from './0003-credentials.js';
import { TemplatesAndCampaigns } from './0004-templates-and-campaigns.js';
import { MailAndWorkers } from './0005-mail-and-workers.js';

/** In the order in which they run. A landed migration is never edited. */
export const migrations = [
  IdsAndScope,
  IdentitiesAndOrganizations,
  Credentials,
  TemplatesAndCampaigns,
  MailAndWorkers,
];
