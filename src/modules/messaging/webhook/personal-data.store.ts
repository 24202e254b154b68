import { setStatement } from '../../../platform/database/index.js';
import {
  eraseBy,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

const calls = organizationFile('webhook_calls', {
  key: 'c.id',
  object: `to_jsonb(c) - '{org_id,sealed_headers}'::text[] || jsonb_build_object('attempts', (
    select coalesce(jsonb_agg(to_jsonb(a) - '{org_id,call_id}'::text[] order by a.number), '[]')
      from webhook_attempt a where a.org_id = c.org_id and a.call_id = c.id))`,
  from: 'from webhook_call c where c.org_id = $1',
});
const secrets = organizationFile('webhook_secrets', {
  key: 's.id',
  object: `to_jsonb(s) - '{org_id,sealed_value}'::text[]`,
  from: 'from webhook_secret s where s.org_id = $1',
});

// Calls are few, and those of the last 30 days alone have content. What was sent before cannot be taken back.
const erase = setStatement(
  'webhook_call.erase',
  `update webhook_call set payload = jsonb_set(payload, '{deliveries}', (
       select coalesce(jsonb_agg(d), '[]') from jsonb_array_elements(payload->'deliveries') d
        where d->>'user_id' <> $2::text))
    where org_id = $1 and payload->'deliveries' @> jsonb_build_array(jsonb_build_object('user_id', $2::text))`,
);

export const webhookPersonalData: PersonalDataContribution = {
  organizationFiles: [calls, secrets],
  erase: eraseBy(erase),
};
