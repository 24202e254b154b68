import { statement } from '../database/index.js';
import type { PersonalDataContribution } from '../personal-data/index.js';

const erase = statement('captured_mail.erase', 'delete from captured_mail where recipient = $1');

export const mailPersonalData: PersonalDataContribution = {
  async erasePerson(scope, email) {
    await (await scope.tx()).execute(erase, [email]);
  },
};
