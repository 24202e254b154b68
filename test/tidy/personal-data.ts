const cascades = 'goes with the identity, by its foreign key';
const organizationKeeps =
  'what the organization has done; names its author by id, and the id stands for nothing afterwards';
const author = 'names its author by id only; who did what stands in the trail, which is exported';

/** Tables with a person's column of which no export holds rows, and why. */
export const notExported: Readonly<Record<string, string>> = {
  api_key: author,
  audit_event: 'exported by evidence/audit, which reads the trail that the platform writes',
  audit_export: author,
  campaign_left_out: 'says only that a campaign began before a member could be reached',
  campaign_run: author,
  captured_mail: 'kept for a day, while no mail server is configured',
  delivery_skip: 'why somebody was not told of a message; names members by id only',
  identity: 'address and subject stand in the profile of the member',
  inbox: 'a clock: when the entries of a member last changed',
  invite_link: author,
  organization_deletion: author,
  magic_link: 'a hash that lives for minutes',
  password_guess: 'lives for a day',
  push_outbox: 'pushes that wait to be sent; the delivery that each is about is exported',
  sandbox: author,
  scheduled_start: author,
  sign_in_code: 'a hash that lives for minutes',
  sign_in_guess: 'lives for minutes',
  sso_break_glass: author,
  sso_break_glass_use: 'each use stands in the trail, which is exported',
  sso_connection: author,
  sso_mapped_role: 'which role a connection gave; the role stands in the profile of the member',
  template_translation: author,
  template_version: author,
  touch_allowance: 'a hash of the day, which leads to no member once the salt of the day is forgotten',
  webauthn_challenge: 'a hash that lives for minutes',
};

/** Tables with a person's column that no contribution erases, and why. */
export const notErased: Readonly<Record<string, string>> = {
  api_key: organizationKeeps,
  audit_event: 'append-only; names people by id',
  audit_export: organizationKeeps,
  board: organizationKeeps,
  board_share: organizationKeeps,
  campaign: organizationKeeps,
  campaign_run: 'goes with the end of the campaign; who paused it is named by id',
  data_export: organizationKeeps,
  data_import: organizationKeeps,
  email_provider: organizationKeeps,
  identity: 'deleted or replaced by people/member itself, last of all',
  invite_link: organizationKeeps,
  member: 'deleted or anonymized by people/member itself, last of all',
  organization: organizationKeeps,
  organization_deletion: organizationKeeps,
  password: cascades,
  privacy_request: 'the record that the law was obeyed; names the member by id',
  project: organizationKeeps,
  project_key: organizationKeeps,
  project_push_account: organizationKeeps,
  roster: organizationKeeps,
  sandbox: organizationKeeps,
  scheduled_start: organizationKeeps,
  session: cascades,
  sso_connection: organizationKeeps,
  sso_mapped_role: 'goes with the member by its foreign key; of an anonymized member it tells only the role',
  template_translation: organizationKeeps,
  template_version: organizationKeeps,
  webauthn_credential: cascades,
  touch_allowance:
    'a number under a hash of the day, which leads to no member once the salt of the day is forgotten',
};
