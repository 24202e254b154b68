import { statement } from '../../../platform/database/index.js';
import type { PersonalDataContribution } from '../../../platform/personal-data/index.js';

const eraseLinks = statement('magic_link.erase', 'delete from magic_link where email = $1');

/** Links are found by the address. */
export const signInPersonalData: PersonalDataContribution = {
  async erasePerson(scope, email) {
    await (await scope.tx()).execute(eraseLinks, [email]);
  },
};
