import { statement } from '../../../platform/database/index.js';
import { eraseBy, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

const erase = statement(
  'sso_break_glass.erase',
  'delete from sso_break_glass where org_id = $1 and user_id = $2',
);
const eraseUses = statement(
  'sso_break_glass_use.erase',
  'delete from sso_break_glass_use where org_id = $1 and user_id = $2',
);

/** Break-glass access and its uses stand in the trail, and with it in exports. */
export const ssoPersonalData: PersonalDataContribution = { erase: eraseBy(erase, eraseUses) };
