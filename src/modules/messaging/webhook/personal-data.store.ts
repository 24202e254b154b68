import { setStatement } from '../../../platform/database/index.js';
import {
  eraseBy,
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

/** The link in a post is for its receiver: no export holds its token. */
const object = `to_jsonb(c) - '{org_id,sealed_headers}'::text[] || jsonb_build_object(
    'payload', c.payload - 'deeplink_url',
    'attempts', (
      select coalesce(jsonb_agg(to_jsonb(a) - '{org_id,call_id}'::text[] order by a.number), '[]')
        from webhook_attempt a where a.org_id = c.org_id and a.call_id = c.id))`;
const posts = memberFile('webhook_posts', {
  category: 'webhook_posts',
  key: 'c.id',
  object,
  from: 'from webhook_call c where c.org_id = $1 and c.user_id = $4',
});
const calls = organizationFile('webhook_calls', {
  ...{ key: 'c.id', object, from: 'from webhook_call c where c.org_id = $1' },
});
const webhook = organizationFile('organization_webhook', {
  key: 'w.org_id',
  object: `to_jsonb(w) - '{org_id,sealed_secret}'::text[]`,
  from: 'from organization_webhook w where w.org_id = $1',
});
const secrets = organizationFile('webhook_secrets', {
  key: 's.id',
  object: `to_jsonb(s) - '{org_id,sealed_value}'::text[]`,
  from: 'from webhook_secret s where s.org_id = $1',
});

// A post is about the member alone. One that waits is not sent any more.
const erasePosts = setStatement(
  'webhook_post.erase',
  `with locked as materialized (
     select id from webhook_call where org_id = $1 and user_id = $2 order by id for update)
   delete from webhook_call using locked where webhook_call.org_id = $1 and webhook_call.id = locked.id`,
);
// Calls are few, and those of the last 30 days alone have content. What was sent before cannot be taken back.
const erase = setStatement(
  'webhook_call.erase',
  `update webhook_call set payload = jsonb_set(payload, '{deliveries}', (
       select coalesce(jsonb_agg(d), '[]') from jsonb_array_elements(payload->'deliveries') d
        where d->>'user_id' <> $2::text))
    where org_id = $1 and user_id is null and payload->'deliveries' @> jsonb_build_array(jsonb_build_object('user_id', $2::text))`,
);

export const webhookPersonalData: PersonalDataContribution = {
  files: [posts],
  organizationFiles: [calls, webhook, secrets],
  erase: eraseBy(erasePosts, erase),
};
