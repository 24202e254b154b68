import { statement } from '../../../platform/database/index.js';
import { memberFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

const passkeys = memberFile('passkeys', {
  category: 'passkeys',
  personalOnly: true,
  key: 'md5(w.credential_id)::uuid',
  object: `jsonb_build_object('name', w.name, 'created_at', w.created_at, 'last_used_at', w.last_used_at)`,
  from: `from webauthn_credential w
    where w.identity_id = (select identity_id from member where org_id = $1 and id = $4)`,
});

// Challenges of sign-ins that began with an address.
const eraseChallenges = statement(
  'webauthn_challenge.erase',
  'delete from webauthn_challenge where email = $1',
);

/** Passkeys are the person's in every organization: they go with the identity, by its foreign key. */
export const passkeyPersonalData: PersonalDataContribution = {
  files: [passkeys],
  async erasePerson(scope, email) {
    await (await scope.tx()).execute(eraseChallenges, [email]);
  },
};
