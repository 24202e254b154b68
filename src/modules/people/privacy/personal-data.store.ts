import { memberFile } from '../../../platform/personal-data/index.js';

/** A request stays on record when its member is erased: it names them by id. */
export const requestsFile = memberFile('privacy_requests', {
  category: 'requests',
  key: 'p.id',
  object: `to_jsonb(p) - '{org_id,sealed_key}'::text[]`,
  from: 'from privacy_request p where p.org_id = $1 and p.user_id = $4',
});
