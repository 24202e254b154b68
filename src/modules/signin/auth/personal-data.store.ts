import { statement } from '../../../platform/database/index.js';
import {
  eraseBy,
  type ExportFile,
  pageReader,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

const ofMember = 's.identity_id = (select identity_id from member where org_id = $1 and id = $4)';

/** The person's sessions that the organization's provider opened, or that were used in the organization. */
const sessionsHere = pageReader('sessions_here', {
  key: 's.id',
  object: `jsonb_build_object('id', s.id, 'device_name', s.device_name, 'proof', s.proof,
  'created_at', s.created_at, 'first_used_here_at', u.first_used_at, 'revoked_at', s.revoked_at)
  || case when s.sso_organization_id = $1 then jsonb_build_object('address', s.address,
       'sso_connection_id', s.sso_connection_id, 'last_used_at', s.last_used_at) else '{}' end`,
  from: `from session s left join session_use u on u.org_id = $1 and u.user_id = $4 and u.session_id = s.id
    where ${ofMember} and (s.sso_organization_id = $1 or u.session_id is not null)`,
});
const allSessions = pageReader('sessions', {
  key: 's.id',
  object: `to_jsonb(s) - 'identity_id'`,
  from: `from session s where ${ofMember}`,
});

const sessions: ExportFile = {
  name: 'sessions',
  category: 'sessions',
  page: (scope, subject, page) => (subject.personal ? allSessions : sessionsHere)(scope, subject, page),
};

const eraseUses = statement(
  'session_use.erase',
  'delete from session_use where org_id = $1 and user_id = $2',
);

const eraseCodes = statement('sign_in_code.erase', 'delete from sign_in_code where email = $1');
const eraseGuesses = statement('sign_in_guess.erase', 'delete from sign_in_guess where email = $1');

/** Sessions are the person's in every organization: they go with the identity, by its foreign key. */
export const authPersonalData: PersonalDataContribution = {
  files: [sessions],
  erase: eraseBy(eraseUses),
  async erasePerson(scope, email) {
    const tx = await scope.tx();
    await tx.execute(eraseCodes, [email]);
    await tx.execute(eraseGuesses, [email]);
  },
};
