/** How a text field of a request is normalized before use. A hint is an address that may also be invalid. */
export type TextKind = 'name' | 'email' | 'hint' | 'digits' | 'verbatim';

/** Each of these fields of a message. */
function of(message: string, kind: TextKind, ...fields: string[]): [string, TextKind][] {
  return fields.map((field) => [`${message}.${field}`, kind]);
}

/**
 * The kind of every text field that names a thing or a person. A spec (test/tidy/request-text.spec.ts) fails
 * for a field called name, title, label or email that is not listed.
 */
export const requestTexts: ReadonlyMap<string, TextKind> = new Map([
  // Organization and members.
  ...of('pidgr.v1.CreateOrganizationRequest', 'name', 'name'),
  ...of('pidgr.v1.UpdateOrganizationRequest', 'name', 'name'),
  // Compared with the name, exactly.
  ...of('dovecote.organization.v1.DeleteOrganizationRequest', 'verbatim', 'confirmation_name'),
  ...of('pidgr.v1.CreateSandboxOrganizationRequest', 'name', 'name'),
  ...of('pidgr.v1.InviteUserRequest', 'name', 'name'),
  ...of('pidgr.v1.InviteUserRequest', 'email', 'email'),
  // Addresses of a list fail one by one: src/modules/people/member reads them.
  ...of('pidgr.v1.BulkInviteUsersRequest', 'verbatim', 'emails'),
  ...of('pidgr.v1.UserProfile', 'name', 'first_name', 'last_name', 'department', 'title', 'location'),
  ...of('pidgr.v1.UserProfile', 'name', 'phone', 'employee_id', 'manager_name'),
  ...of('pidgr.v1.CancelDeletionRequest', 'email', 'confirmation_email'),
  ...of('pidgr.v1.ImmediateDeleteRequest', 'email', 'confirmation_email'),
  ...of('pidgr.v1.ValidateInviteLinkRequest', 'email', 'email'),
  ...of('pidgr.v1.CreateRoleRequest', 'name', 'name'),
  ...of('pidgr.v1.UpdateRoleRequest', 'name', 'name'),
  ...of('pidgr.v1.CreateTeamRequest', 'name', 'name'),
  ...of('pidgr.v1.UpdateTeamRequest', 'name', 'name'),
  ...of('pidgr.v1.CreateGroupRequest', 'name', 'name'),
  ...of('pidgr.v1.UpdateGroupRequest', 'name', 'name'),
  ...of('pidgr.v1.CreateApiKeyRequest', 'name', 'name'),
  ...of('dovecote.transfer.v1.CreateImportRequest', 'name', 'name'),
  // As it is stored: questions name it exactly so.
  ...of('dovecote.transfer.v1.CsvMapping', 'verbatim', 'event_name'),
  // Campaigns and templates.
  ...of('pidgr.v1.CreateCampaignRequest', 'name', 'name', 'sender_name', 'title'),
  ...of('pidgr.v1.UpdateCampaignRequest', 'name', 'name', 'sender_name', 'title'),
  ...of('dovecote.campaign.v1.DuplicateCampaignRequest', 'name', 'name'),
  ...of('dovecote.campaign.v1.PauseCampaignRequest', 'name', 'reason'),
  ...of('dovecote.campaign.v1.CreateAudienceRuleRequest', 'name', 'name'),
  ...of('dovecote.campaign.v1.UpdateAudienceRuleRequest', 'name', 'name'),
  // A rule is found by the form in which its name is compared.
  ...of('dovecote.campaign.v1.AudienceSources', 'verbatim', 'rule_names'),
  ...of('dovecote.campaign.v1.AudienceAttribute', 'verbatim', 'name'),
  ...of('pidgr.v1.CampaignOriginatingArchetype', 'name', 'archetype_label'),
  ...of('pidgr.v1.SendNotificationConfig', 'name', 'action_label'),
  ...of('pidgr.v1.CallWebhookConfig', 'name', 'name'),
  ...of('pidgr.v1.CreateTemplateRequest', 'name', 'name', 'title'),
  ...of('pidgr.v1.CreateTemplateTranslationRequest', 'name', 'title', 'translated_by'),
  ...of('pidgr.v1.UpdateTemplateTranslationRequest', 'name', 'title'),
  // A placeholder has to spell it alike.
  ...of('pidgr.v1.TemplateVariable', 'verbatim', 'name'),
  // Organizations as dashboards know them.
  ...of('dashboard.orgs.v1.CreateRequest', 'name', 'display_name'),
  ...of('dashboard.orgs.v1.UpdateDisplayNameRequest', 'name', 'display_name'),
  // The contract bounds it by being an address only: src/modules/people/member reads it.
  ...of('dashboard.orgs.v1.InviteMemberRequest', 'verbatim', 'email'),
  ...of('orgs.v1.CreateRequest', 'name', 'name'),
  ...of('orgs.v1.UpdateRequest', 'name', 'name'),
  ...of('orgs.v1.InviteMemberRequest', 'email', 'email'),
  // Projects.
  ...of('dovecote.project.v1.CreateProjectRequest', 'name', 'name'),
  ...of('dovecote.project.v1.UpdateProjectRequest', 'name', 'name'),
  ...of('dovecote.project.v1.CreateProjectKeyRequest', 'name', 'name'),
  ...of('projects.v1.CreateRequest', 'name', 'name'),
  ...of('projects.v1.UpdateRequest', 'name', 'name'),
  ...of('projects.v1.CreateApiKeyRequest', 'name', 'name'),
  ...of('dashboard.projects.v1.CreateRequest', 'name', 'display_name'),
  ...of('dashboard.projects.v1.UpdateMetaRequest', 'name', 'display_name'),
  ...of('dashboard.projects.v1.CreateApiKeyRequest', 'name', 'display_name'),
  // Compared with the name, exactly.
  ...of('dovecote.project.v1.DeleteProjectRequest', 'verbatim', 'confirmation_name'),
  // Dashboards.
  ...of('dashboard.dashboards.v1.DashboardsServiceCreateRequest', 'name', 'display_name'),
  ...of('dashboard.dashboards.v1.DashboardsServiceUpdateRequest', 'name', 'display_name'),
  ...of('dashboard.dashboards.v1.DashboardsServiceUpsertRequest', 'name', 'display_name'),
  ...of('dashboard.dashboards.v1.DashboardTileInput', 'name', 'display_name'),
  ...of('dashboards.v1.CreateRequest', 'name', 'name'),
  ...of('dashboards.v1.UpdateRequest', 'name', 'name'),
  ...of('dashboards.v1.Tile', 'name', 'title'),
  ...of('dovecote.dashboard.v1.DuplicateDashboardRequest', 'name', 'display_name'),
  ...of('dovecote.dashboard.v1.CreateFromTemplateRequest', 'name', 'display_name'),
  // Any text names an event, and a question has to spell it alike.
  ...of('events.v1.Event', 'verbatim', 'name'),
  ...of('insights.v1.EventSelector', 'verbatim', 'name'),
  ...of('activity.v1.ListRequest', 'verbatim', 'event_names'),
  ...of('shared.campaigns.v1.CreateRequest', 'verbatim', 'name'),
  ...of('shared.campaigns.v1.UpdateRequest', 'verbatim', 'name'),
  // What apps call their screens.
  ...of('pidgr.v1.TouchEvent', 'verbatim', 'screen_name'),
  ...of('pidgr.v1.QueryHeatmapDataRequest', 'verbatim', 'screen_name'),
  ...of('pidgr.v1.UploadScreenshotRequest', 'verbatim', 'screen_name'),
  // Sign-in.
  ...of('dovecote.auth.v1.RequestSignInCodeRequest', 'email', 'email'),
  ...of('dovecote.auth.v1.VerifySignInCodeRequest', 'email', 'email'),
  ...of('dovecote.auth.v1.VerifySignInCodeRequest', 'name', 'device_name'),
  ...of('dovecote.auth.v1.VerifySignInCodeRequest', 'digits', 'code'),
  ...of('dovecote.auth.v1.ReauthenticateRequest', 'digits', 'code'),
  ...of('dovecote.auth.v1.VerifySignInLinkRequest', 'name', 'device_name'),
  ...of('dovecote.auth.v1.ExchangeSsoCodeRequest', 'name', 'device_name'),
  ...of('dovecote.auth.v1.BeginPasskeySignInRequest', 'email', 'email'),
  ...of('dovecote.auth.v1.FinishPasskeySignInRequest', 'name', 'device_name'),
  ...of('dovecote.auth.v1.FinishPasskeyRegistrationRequest', 'name', 'name'),
  ...of('dovecote.auth.v1.RenamePasskeyRequest', 'name', 'name'),
  ...of('dovecote.auth.v1.StartSsoSignInRequest', 'hint', 'email'),
  ...of('dovecote.auth.v1.StartSsoSignInRequest', 'verbatim', 'provider_name'),
  ...of('pidgr.v1.CheckSSOByDomainRequest', 'hint', 'email'),
  ...of('public.auth.v1.SignInWithEmailRequest', 'email', 'email'),
  ...of('public.auth.v1.RequestMagicLinkRequest', 'email', 'email'),
  ...of('auth.v1.SignUpRequest', 'email', 'email'),
  ...of('auth.v1.SignUpRequest', 'name', 'name'),
  ...of('auth.v1.SignInRequest', 'email', 'email'),
  ...of('auth.v1.SignInWithMagicLinkRequest', 'email', 'email'),
  ...of('customers.v1.UpdateRequest', 'name', 'name'),
  // Connections.
  ...of('dovecote.sso.v1.CreateConnectionRequest', 'name', 'name'),
  ...of('dovecote.sso.v1.UpdateConnectionRequest', 'name', 'name'),
  ...of('dovecote.sso.v1.CreateScimTokenRequest', 'name', 'name'),
  // Domains: src/modules/signin/sso reads them.
  ...of('dovecote.sso.v1.AddDomainRequest', 'verbatim', 'name'),
  ...of('dovecote.sso.v1.VerifyDomainRequest', 'verbatim', 'name'),
  ...of('dovecote.sso.v1.RemoveDomainRequest', 'verbatim', 'name'),
  // Names of attributes, as the provider spells them.
  ...of('pidgr.v1.SamlAttributeNames', 'verbatim', 'email', 'given_name', 'family_name'),
  ...of('dovecote.sso.v1.AttributeNames', 'verbatim', 'email', 'given_name', 'family_name'),
  // Between processes of this server: normalized before.
  ...of('dovecote.render.v1.Source', 'verbatim', 'title', 'sender_name'),
  ...of('dovecote.render.v1.Text', 'verbatim', 'title'),
  ...of('dovecote.render.v1.Variable', 'verbatim', 'name'),
  ...of('dovecote.render.v1.ContentAction', 'verbatim', 'label'),
]);
