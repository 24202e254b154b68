import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** The people of projects are no members. An export of the organization holds their devices, without the tokens. */
export const subscriptionPersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('push_subscriptions', {
      key: 'd.id',
      object: `to_jsonb(d) - '{org_id,id,sealed_token,token_hash}'::text[]`,
      from: 'from push_subscription d where d.org_id = $1',
    }),
  ],
};
