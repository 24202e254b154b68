import { statement } from '../../../platform/database/index.js';
import { eraseBy, memberFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** Push tokens are credentials: no export holds them. */
const devices = memberFile('devices', {
  category: 'devices',
  key: 'd.device_id',
  object: `to_jsonb(d) - '{org_id,sealed_push_token,push_token_hash}'::text[]`,
  from: 'from device d where d.org_id = $1 and d.user_id = $4',
});

const erase = statement('device.erase', 'delete from device where org_id = $1 and user_id = $2');

export const devicePersonalData: PersonalDataContribution = { files: [devices], erase: eraseBy(erase) };
