import { statement } from '../../../platform/database/index.js';
import { memberFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

const password = memberFile('password', {
  category: 'password',
  personalOnly: true,
  key: 'p.identity_id',
  object: `jsonb_build_object('set_at', p.set_at)`,
  from: `from password p
    where p.identity_id = (select identity_id from member where org_id = $1 and id = $4)`,
});

const eraseGuesses = statement('password_guess.erase', 'delete from password_guess where email = $1');

/** A password is the person's in every organization: it goes with the identity, by its foreign key. */
export const passwordPersonalData: PersonalDataContribution = {
  files: [password],
  async erasePerson(scope, email) {
    await (await scope.tx()).execute(eraseGuesses, [email]);
  },
};
