/** Who uses a table. Folders are named without `src/modules/`: `people/role`, `platform/caller`. */
export interface Table {
  /** The folder whose statements say what the rows mean. */
  readonly owner: string;
  /** Other folders, and why they do not ask the owner. */
  readonly reads?: Readonly<Record<string, string>>;
  readonly locks?: Readonly<Record<string, string>>;
  readonly writes?: Readonly<Record<string, string>>;
}

/** Functions of the database that use tables, and in whose name. */
export const functions: Readonly<Record<string, string>> = {
  await_chain: 'evidence/audit',
  begin_analytics_version: 'analytics/project',
  change_headcount: 'people/roster',
  check_delivery_references: 'messaging/delivery',
  count_push_subscriptions_delete: 'analytics/subscription',
  count_push_subscriptions_insert: 'analytics/subscription',
  delete_identity: 'people/member',
  delete_pushes: 'messaging/delivery',
  end_analytics_version: 'analytics/project',
  end_dead_letters: 'analytics/event',
  forget_cookieless_salts: 'analytics/event',
  forget_unused_identity: 'people/member',
  note_changed_deliveries: 'messaging/delivery',
  note_deleted_project: 'analytics/project',
  note_sent_deliveries: 'messaging/delivery',
  purge_sandbox: 'people/organization',
  refuse_deleted_campaign: 'messaging/delivery',
  refuse_deleted_message: 'messaging/delivery',
  refuse_undeclared_end: 'people/organization',
  renew_reachability_version: 'messaging/campaign',
};

const credentials = 'one look for a call that brings a credential: a module would cost a second one';
const names = 'shows the name or address of a person in the same page';
const exported = 'finds the person behind the member whose data is exported';
const purged = 'the function that deletes an organization takes its rows a piece at a time';
const decided = 'decides in the statement that writes, so that nothing comes in between';
const judged = 'judges posts that wait by what has become of recipient and campaign, many at a time';

/** Every table has one owner. Whoever else uses it is listed with a reason; a new entry needs one that convinces. */
export const tables: Readonly<Record<string, Table>> = {
  analytics_cohort: { owner: 'people/organization' },
  analytics_epsilon: { owner: 'people/organization' },
  analytics_version: { owner: 'analytics/project' },
  api_key: {
    owner: 'people/api-key',
    reads: {
      'people/authorization': 'what a key may, in the one statement that answers Authorize',
      'people/organization': 'who made the key by which a sandbox was created',
      'platform/caller': credentials,
    },
  },
  audience_rule: { owner: 'messaging/audience' },
  audience_rule_role: { owner: 'messaging/audience' },
  audience_rule_roster: { owner: 'messaging/audience' },
  audit_backlog: { owner: 'evidence/audit' },
  audit_chain: { owner: 'evidence/audit' },
  audit_event: {
    owner: 'platform/audit',
    reads: { 'evidence/audit': 'the trail is written by the platform, for everybody, and read there' },
  },
  audit_export: { owner: 'evidence/audit' },
  board: { owner: 'analytics/board' },
  board_share: { owner: 'analytics/board' },
  backup_run: { owner: 'platform/backup' },
  campaign: {
    owner: 'messaging/campaign',
    reads: {
      'messaging/approval': 'requests for campaigns that were started or cancelled wait no more',
      'messaging/deeplink': 'whether the campaign of a link still runs',
      'messaging/delivery': 'its name and template, with each event of a piece',
      'messaging/inbox': 'the title and the state, with each entry of a page',
      'messaging/steering': 'which scheduled starts of a page the campaign has overtaken',
      'messaging/webhook': judged,
    },
    locks: { 'messaging/delivery': 'a campaign stays as long as deliveries refer to it' },
  },
  campaign_approval: { owner: 'messaging/approval' },
  campaign_audience_member: {
    owner: 'messaging/campaign',
    reads: { 'messaging/deeplink': 'whether the person of a link is in the audience' },
  },
  campaign_audience_omission: { owner: 'messaging/campaign' },
  campaign_audience_source: { owner: 'messaging/campaign' },
  campaign_counter: {
    owner: 'messaging/delivery',
    reads: {
      'messaging/campaign': 'the figures, with each campaign of a page; whether enough have acknowledged',
    },
  },
  campaign_feed: {
    owner: 'analytics/campaign-feed',
    reads: { 'messaging/delivery': 'whether anything is noted, in the statement that changes deliveries' },
  },
  campaign_feed_project: { owner: 'analytics/campaign-feed' },
  campaign_left_out: { owner: 'messaging/campaign' },
  campaign_run: { owner: 'messaging/campaign' },
  campaign_short_code: { owner: 'messaging/campaign' },
  campaign_translation: { owner: 'messaging/campaign' },
  captured_mail: { owner: 'platform/mail' },
  cookieless_salt: { owner: 'analytics/event' },
  cookieless_session: { owner: 'analytics/event' },
  daily_use: { owner: 'platform/throttle' },
  data_export: { owner: 'analytics/data-export' },
  data_import: { owner: 'analytics/data-import' },
  data_import_piece: { owner: 'analytics/data-import' },
  deeplink_key: { owner: 'messaging/deeplink' },
  email_provider: { owner: 'accounts/email-provider' },
  delivery_skip: { owner: 'messaging/delivery' },
  delivery: {
    owner: 'messaging/delivery',
    reads: {
      'messaging/inbox': 'the entries of a page, with text and campaign',
      'messaging/webhook': `${decided}; ${judged}`,
    },
  },
  delivery_event: { owner: 'messaging/delivery' },
  deleted_project: { owner: 'analytics/project' },
  device: {
    owner: 'messaging/device',
    reads: { 'messaging/delivery': 'to which devices a delivery goes, for thousands at once' },
  },
  erased_id: { owner: 'analytics/event' },
  erasure_request: { owner: 'analytics/erasure' },
  event_time: { owner: 'analytics/event' },
  headcount: {
    owner: 'people/roster',
    reads: { 'people/member': 'how many members there are, with a page of them' },
  },
  heatmap: { owner: 'analytics/heatmap' },
  identity: {
    owner: 'people/member',
    reads: {
      'people/authorization': 'by what another issuer calls the person',
      'people/organization': purged,
      'platform/caller': credentials,
      'signin/auth': 'the address of who signs in',
      'signin/password': 'the owner of an address with the password, in one statement of constant work',
      'accounts/customer': 'the picture of each member of a list',
    },
    locks: {
      'accounts/sign-in': 'sign-ins of a person wait for each other: one founds an organization',
      'signin/passkey': 'whoever adds or removes a passkey of a person waits for the other',
    },
    writes: {
      'platform/caller': 'what a trusted issuer calls the person is noted at the first call with its token',
      'signin/auth': 'who signs up is noted before they are anywhere a member',
      'signin/passkey': 'whether the person has a passkey stands beside the address, for WhoAmI',
    },
  },
  inbox: { owner: 'messaging/delivery' },
  ingest_batch: { owner: 'analytics/event' },
  ingest_dead_letter: { owner: 'analytics/event' },
  installation: { owner: 'platform/database' },
  invite_link: { owner: 'people/invite-link' },
  magic_link: { owner: 'accounts/sign-in' },
  member: {
    owner: 'people/member',
    reads: {
      'analytics/replay':
        'leaves out recordings of members whose processing is restricted, in the statement that lists them',
      'accounts/email-provider':
        'whether an organization is the only one that a person is in, and has proven their domain',
      'evidence/audit': names,
      'messaging/audience': 'which values of rules mean the member who is erased, and no other',
      'messaging/campaign': 'audiences of a million are compared with the members in the database',
      'messaging/inbox': names,
      'messaging/delivery': 'who can be reached, for thousands of recipients at once',
      'messaging/render': 'the profiles that a batch of messages names',
      'messaging/webhook': judged,
      'people/authorization': 'what a member may, in the one statement that answers Authorize',
      'people/organization': 'in which organizations a person is, and who may delete a sandbox',
      'people/privacy': names,
      'people/role': 'whether anybody holds a role',
      'people/roster': 'everybody who is invited or active is in the default rosters by definition',
      'platform/caller': credentials,
      'signin/auth': 'where the person who signs in is a member',
      'signin/password': 'whether an organization of the person takes passwords',
      'accounts/customer': 'the members who may use analytics, with their pictures',
      'accounts/sign-in': 'where the person who signs in is a member, and whether it requires single sign-on',
      'signin/passkey': exported,
      'signin/scim': 'a directory lists and filters users by what stands in the member',
      'signin/sso': 'the person behind the member who is armed with a passkey',
      'signin/sso-login': 'logins that name the address of the member who is erased',
    },
    locks: {
      'messaging/device': 'two registrations of one member wait for each other',
      'people/roster': 'nobody is added who is deactivated at this moment',
    },
    writes: { 'people/organization': purged },
  },
  member_region_change: { owner: 'people/member' },
  message: {
    owner: 'messaging/delivery',
    reads: { 'messaging/inbox': 'the text, with each entry of a page' },
  },
  organization: {
    owner: 'people/organization',
    reads: {
      'platform/sealed-columns':
        'lists all of them, for the operator: their secrets are sealed again one after the other',
      'evidence/audit': 'whether an event that a sibling reports has an organization',
      'messaging/approval': 'whether approvals are required',
      'messaging/campaign': 'the name behind a short code',
      'messaging/template': 'the language that a template has by default',
      'people/authorization': 'whether the organization answers, in the one statement of Authorize',
      'people/invite-link': 'the name behind a link, and whether the organization still answers',
      'people/member': 'the name for mails and own memberships; it stands below this module',
      'people/roster': 'counts nobody into an organization that is being deleted',
      'platform/caller': credentials,
      'signin/auth': 'the names of the organizations of who signs in',
      'signin/password': 'what the organization has decided about passwords',
      'accounts/sign-in': 'whether it requires single sign-on',
      'signin/sso': 'the state of enforcement',
      'signin/sso-login': 'the mapping of attributes',
    },
    locks: {
      'messaging/approval': 'a start that goes by the setting ends before it changes',
      'signin/sso': 'nobody takes the last connection from an organization that is about to enforce it',
    },
    writes: {
      'messaging/approval': 'whether approvals are required stands in the row that starts lock',
      'signin/password': 'the decision stands beside the state that is read with each membership',
      'signin/sso': 'enforcement stands beside the state that is read with each membership',
    },
  },
  organization_deletion: {
    owner: 'people/organization',
    reads: {
      'platform/caller': credentials,
      'signin/auth': 'what is being deleted is offered last',
      'accounts/sign-in': 'single sign-on has stopped where the organization is being deleted',
    },
  },
  organization_webhook: { owner: 'messaging/webhook' },
  password: { owner: 'signin/password' },
  password_guess: { owner: 'signin/password' },
  privacy_consent: { owner: 'people/organization' },
  privacy_request: { owner: 'people/privacy' },
  profile: { owner: 'analytics/profile' },
  profile_alias: { owner: 'analytics/profile' },
  profile_merge: { owner: 'analytics/profile' },
  project: {
    owner: 'analytics/project',
    reads: {
      'analytics/profile': 'the retention of each project, in the statement that purges histories of all',
      'platform/caller': credentials,
    },
  },
  project_key: { owner: 'analytics/project', reads: { 'platform/caller': credentials } },
  project_push_account: { owner: 'analytics/project' },
  property_change: { owner: 'analytics/profile' },
  push_outbox: { owner: 'messaging/delivery' },
  push_subscription: { owner: 'analytics/subscription' },
  push_subscription_count: { owner: 'analytics/subscription' },
  reachability_version: { owner: 'messaging/campaign' },
  refresh_token: { owner: 'signin/auth' },
  recording: { owner: 'analytics/replay' },
  recording_chunk: { owner: 'analytics/replay' },
  recording_setting: { owner: 'analytics/replay' },
  recording_use: { owner: 'analytics/replay' },
  role: {
    owner: 'people/role',
    reads: {
      'people/authorization': 'what a member may, in the one statement that answers Authorize',
      'people/invite-link': 'which role a link gives, in the statement that takes one of its uses',
      'people/member': 'a member is shown and judged with the role',
      'people/organization': 'whether a super admin asks',
      'platform/caller': credentials,
      'signin/auth': 'what the person may in each of their organizations',
      'accounts/customer': 'the members who may use analytics',
    },
  },
  roster: { owner: 'people/roster' },
  roster_member: { owner: 'people/roster' },
  sandbox: { owner: 'people/organization' },
  schema_migration: { owner: 'platform/database' },
  scim_connection: { owner: 'signin/scim' },
  scim_group: { owner: 'signin/scim' },
  scim_group_member: { owner: 'signin/scim' },
  scim_token: { owner: 'signin/scim' },
  scim_user: { owner: 'signin/scim' },
  screenshot: { owner: 'analytics/heatmap' },
  scheduled_start: { owner: 'messaging/steering' },
  session: {
    owner: 'signin/auth',
    reads: {
      'people/member': 'a person who has signed in is kept',
      'platform/caller': credentials,
      'signin/sso-login': 'which sessions a provider ends',
    },
  },
  session_use: { owner: 'signin/auth' },
  sign_in_code: { owner: 'signin/auth' },
  sign_in_guess: { owner: 'signin/auth' },
  signing_key: {
    owner: 'platform/caller',
    reads: {
      'platform/database': 'an installation of old proves by it that the master key is the right one',
    },
  },
  sso_assertion: { owner: 'signin/sso-login' },
  sso_break_glass: { owner: 'signin/sso', reads: { 'platform/caller': credentials } },
  sso_break_glass_use: { owner: 'signin/sso' },
  sso_connection: {
    owner: 'signin/sso',
    locks: { 'signin/sso-login': 'no session begins while its connection is being disabled' },
  },
  sso_domain: {
    owner: 'signin/sso',
    reads: {
      'accounts/email-provider': 'whether the domain of a person is that of their only organization',
      'people/member': 'which invitation comes from the organization of the address, in the list of all',
      'signin/auth': 'the organization of the address is offered first',
    },
  },
  sso_login: { owner: 'signin/sso-login', reads: { 'signin/sso': decided } },
  sso_mapped_role: { owner: 'signin/sso-login' },
  sso_sp_key: { owner: 'signin/sso' },
  sso_subject: { owner: 'signin/sso-login' },
  template: { owner: 'messaging/template', reads: { 'messaging/campaign': 'the title behind a short code' } },
  template_translation: {
    owner: 'messaging/template',
    reads: {
      'messaging/campaign':
        'copies what is approved, in the statement that starts the campaign; digests it before',
    },
  },
  template_version: { owner: 'messaging/template' },
  webauthn_challenge: { owner: 'signin/passkey' },
  webauthn_credential: {
    owner: 'signin/passkey',
    reads: {
      'people/member': 'a person who has signed in is kept',
      'signin/sso': 'when the person last proved who they are by a passkey',
    },
  },
  test_message: {
    owner: 'messaging/delivery',
    reads: { 'messaging/inbox': 'the entries of a page, beside the deliveries' },
  },
  webhook_attempt: { owner: 'messaging/webhook' },
  webhook_call: {
    owner: 'messaging/webhook',
    reads: { 'messaging/delivery': 'whom a step has reached by a post, when it notes what it did' },
  },
  webhook_secret: { owner: 'messaging/webhook' },
  worker_heartbeat: { owner: 'platform/worker' },
  touch_allowance: { owner: 'analytics/heatmap' },
  usage_count: { owner: 'analytics/usage' },
  usage_day: { owner: 'analytics/usage' },
  usage_limit: { owner: 'analytics/usage' },
  usage_refusal: { owner: 'analytics/usage' },
  usage_warning: { owner: 'analytics/usage' },
};
