import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { MembershipService } from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { TemplatePreviewService } from '@dovecote/contract/dovecote/template/v1/preview_pb';
import { ContentService } from '@dovecote/contract/dovecote/render/v1/content_pb';
import { ConnectionService } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { EnforcementService } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { SubjectService } from '@dovecote/contract/dovecote/sso/v1/subject_pb';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { AuditService } from '@dovecote/contract/pidgr/v1/audit_pb';
import { AuthorizationService } from '@dovecote/contract/pidgr/v1/authorization_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { HeatmapService } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { InviteLinkService } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { RenderService } from '@dovecote/contract/pidgr/v1/render_pb';
import { ReplayService } from '@dovecote/contract/pidgr/v1/replay_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { SSOService } from '@dovecote/contract/pidgr/v1/sso_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { TokenService } from '@dovecote/contract/pidgr/v1/token_pb';
import {
  anyone,
  internal,
  permission,
  person,
  personal,
  personOrKey,
  read,
  recent,
  rowsOf,
  self,
  signedIn,
  unaudited,
  write,
} from './access-rule.js';
import type { AccessRow } from './access-rule.js';
import { Permission as P } from './permissions.js';

/** The services that the server offers, in the order in which reflection lists them. */
export const services = [
  ActionService,
  ApiKeyService,
  AuditService,
  AuthorizationService,
  CampaignService,
  DeviceService,
  GroupService,
  HeatmapService,
  InboxService,
  InviteLinkService,
  MemberService,
  OrganizationService,
  PrivacyService,
  RenderService,
  ReplayService,
  RoleService,
  SSOService,
  TeamService,
  TemplateService,
  TokenService,
  AuthService,
  SsoSignInService,
  MembershipService,
  PasskeyService,
  ContentService,
  TemplatePreviewService,
  ConnectionService,
  DomainService,
  EnforcementService,
  ScimService,
  SubjectService,
];

/**
 * Who may call what, and which audit events a change writes: one row for each RPC, by full method name.
 * Deny by default: a method without a row does not compile, and the server refuses to start without one.
 */
export const accessTable: ReadonlyMap<string, AccessRow> = new Map([
  ...rowsOf(ActionService, { submitAction: write(self(P.INBOX_ACT), 'ACK_REGISTERED') }),

  ...rowsOf(ApiKeyService, {
    createApiKey: write(recent(permission(P.ORG_WRITE), 'api_key'), 'API_KEY_CREATED'),
    listApiKeys: read(permission(P.ORG_READ)),
    revokeApiKey: write(permission(P.ORG_WRITE), 'API_KEY_REVOKED'),
  }),

  // The trail is for people: a key that leaks must not carry it out.
  ...rowsOf(AuditService, {
    listAuditEvents: read(self(P.AUDIT_READ)),
    exportAuditTrail: write(self(P.AUDIT_READ), 'DATA_EXPORT_REQUESTED'),
    listAuditExports: read(self(P.AUDIT_READ)),
    // Writes whatever event the sibling names.
    append: unaudited(internal),
  }),

  ...rowsOf(AuthorizationService, {
    resolvePrincipalPermissions: read(internal),
    resolveCallerIdentity: read(internal),
    checkOrgSuspended: read(internal),
  }),

  ...rowsOf(CampaignService, {
    createCampaign: write(permission(P.CAMPAIGNS_WRITE), 'CAMPAIGN_CREATED'),
    startCampaign: write(permission(P.CAMPAIGNS_START), 'CAMPAIGN_STARTED'),
    getCampaign: read(permission(P.CAMPAIGNS_READ)),
    listCampaigns: read(permission(P.CAMPAIGNS_READ)),
    updateCampaign: write(permission(P.CAMPAIGNS_WRITE), 'CAMPAIGN_UPDATED'),
    getCampaignAudience: read(permission(P.CAMPAIGNS_READ)),
    cancelCampaign: write(permission(P.CAMPAIGNS_WRITE), 'CAMPAIGN_CANCELLED'),
    listDeliveries: read(permission(P.CAMPAIGNS_READ)),
    getCampaignArchetypeBreakdown: read(permission(P.CAMPAIGNS_READ)),
    resolveOrCreateShortCode: unaudited(internal),
    getCampaignByShortCode: read(anyone),
  }),

  ...rowsOf(DeviceService, {
    register: unaudited(self()),
    deactivate: unaudited(self()),
    listDevices: read(self()),
    // Own devices need no permission, those of others MEMBERS_READ: decided on the requested user.
    listMemberDevices: read(signedIn),
  }),

  ...rowsOf(GroupService, {
    createGroup: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), 'GROUP_CREATED'),
    getGroup: read(signedIn),
    listGroups: read(signedIn),
    updateGroup: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), 'GROUP_UPDATED'),
    deleteGroup: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), 'GROUP_DELETED'),
    addGroupMembers: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), 'GROUP_MEMBERS_ADDED'),
    removeGroupMembers: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), 'GROUP_MEMBERS_REMOVED'),
    listGroupMembers: read(signedIn),
    getUserGroupMemberships: read(permission(P.GROUPS_ALL_READ, P.GROUPS_ALL_WRITE)),
  }),

  ...rowsOf(HeatmapService, {
    ingestTouchEvents: unaudited(self()),
    queryHeatmapData: read(permission(P.CAMPAIGNS_READ)),
    listScreenshots: read(permission(P.CAMPAIGNS_READ)),
    uploadScreenshot: unaudited(self()),
  }),

  ...rowsOf(InboxService, {
    sync: unaudited(self(P.INBOX_READ)),
    markRead: write(self(P.INBOX_READ), 'MESSAGE_OPENED'),
    getMessage: unaudited(self(P.INBOX_READ)),
  }),

  ...rowsOf(InviteLinkService, {
    createInviteLink: write(permission(P.MEMBERS_INVITE), 'INVITE_LINK_CREATED'),
    listInviteLinks: read(permission(P.MEMBERS_INVITE)),
    revokeInviteLink: write(permission(P.MEMBERS_INVITE), 'INVITE_LINK_REVOKED'),
    validateInviteLink: unaudited(anyone),
    redeemInviteLink: write(person, 'USER_INVITED'),
  }),

  ...rowsOf(MemberService, {
    inviteUser: write(permission(P.MEMBERS_INVITE), 'USER_INVITED'),
    // Yourself needs no permission, others MEMBERS_READ: decided on the requested user.
    getUser: read(signedIn),
    listUsers: read(permission(P.MEMBERS_READ)),
    updateUserRole: write(recent(permission(P.MEMBERS_MANAGE), 'api_key'), 'ROLE_CHANGED'),
    deactivateUser: write(permission(P.MEMBERS_MANAGE), 'USER_DEACTIVATED'),
    reactivateUser: write(permission(P.MEMBERS_MANAGE), 'USER_REACTIVATED'),
    revokeInvite: write(permission(P.MEMBERS_MANAGE), 'INVITE_REVOKED'),
    // Your own profile needs no permission, others MEMBERS_MANAGE: decided on the requested user.
    updateUserProfile: write(signedIn, 'PROFILE_UPDATED'),
    getUserSettings: read(self()),
    updateUserSettings: write(self(), 'SETTINGS_UPDATED'),
    bulkInviteUsers: write(permission(P.MEMBERS_INVITE), 'USER_INVITED'),
    confirmPasskeyEnrollment: write(self(), 'PASSKEY_ENROLLED'),
    updateUserRegion: write(permission(P.MEMBERS_MANAGE), 'PROFILE_UPDATED'),
  }),

  ...rowsOf(OrganizationService, {
    createOrganization: write(personal(person), 'ORG_CREATED'),
    getOrganization: read(permission(P.ORG_READ)),
    updateOrganization: write(permission(P.ORG_WRITE), 'ORG_UPDATED'),
    updateSsoAttributeMappings: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
    rotateAnalyticsSalt: write(permission(P.PRIVACY_WRITE), 'ORG_UPDATED'),
    updateAnalyticsEpsilon: write(permission(P.PRIVACY_WRITE), 'ORG_UPDATED'),
    getOrgPrivacySettings: read(permission(P.PRIVACY_READ)),
    updateOrgPrivacySettings: write(permission(P.PRIVACY_WRITE), 'ORG_UPDATED', 'CONSENT_RECEIPTS_WRITTEN'),
    createSandboxOrganization: write(personal(personOrKey), 'SANDBOX_CREATED'),
    deleteSandboxOrganization: write(personal(recent(personOrKey, 'api_key')), 'ORG_DELETED'),
    listSandboxFixtures: read(personOrKey),
    listUserOrganizations: read(person),
    listUserSandboxes: read(personal(person)),
  }),

  // All of it is for people: whoever asks for somebody's data, or their deletion, has a name.
  ...rowsOf(PrivacyService, {
    // One's own data need no permission, those of others PRIVACY_WRITE: decided on the requested user.
    exportUserData: write(self(), 'DATA_EXPORT_REQUESTED'),
    exportOrgData: write(self(P.PRIVACY_WRITE), 'ORG_DATA_EXPORT_REQUESTED'),
    deleteUserData: write(self(P.PRIVACY_WRITE), 'DATA_DELETION_REQUESTED'),
    rectifyUserData: write(self(), 'DATA_RECTIFIED'),
    restrictProcessing: write(self(P.PRIVACY_WRITE), 'PROCESSING_RESTRICTED'),
    getDataExistenceConfirmation: read(self(P.PRIVACY_WRITE)),
    listPrivacyRequests: read(self(P.PRIVACY_READ)),
    cancelDeletion: write(self(P.PRIVACY_WRITE), 'DELETION_CANCELLED'),
    immediateDelete: write(self(P.PRIVACY_WRITE), 'DELETION_IMMEDIATE'),
    listMyPrivacyRequests: read(self()),
    listOrgSecurityIncidents: read(self(P.PRIVACY_READ)),
  }),

  ...rowsOf(RenderService, { renderBatch: read(internal) }),

  ...rowsOf(ReplayService, {
    listSessionRecordings: read(permission(P.CAMPAIGNS_READ)),
    getSessionSnapshots: read(permission(P.CAMPAIGNS_READ)),
  }),

  ...rowsOf(RoleService, {
    listRoles: read(permission(P.ORG_READ)),
    createRole: write(permission(P.MEMBERS_MANAGE), 'ROLE_CREATED'),
    updateRole: write(recent(permission(P.MEMBERS_MANAGE), 'api_key'), 'ROLE_UPDATED'),
    deleteRole: write(permission(P.MEMBERS_MANAGE), 'ROLE_DELETED'),
  }),

  ...rowsOf(SSOService, {
    checkSSOByDomain: read(anyone),
    createSSOProvider: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_PROVIDER_CREATED'),
    getSSOProvider: read(permission(P.ORG_READ)),
    deleteSSOProvider: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_PROVIDER_DELETED'),
  }),

  ...rowsOf(TeamService, {
    createTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), 'TEAM_CREATED'),
    getTeam: read(signedIn),
    listTeams: read(signedIn),
    updateTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), 'TEAM_UPDATED'),
    deleteTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), 'TEAM_DELETED'),
    addTeamMembers: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), 'TEAM_MEMBERS_ADDED'),
    removeTeamMembers: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), 'TEAM_MEMBERS_REMOVED'),
    listTeamMembers: read(signedIn),
  }),

  ...rowsOf(TemplateService, {
    createTemplate: write(permission(P.TEMPLATES_WRITE), 'TEMPLATE_CREATED'),
    updateTemplate: write(permission(P.TEMPLATES_WRITE), 'TEMPLATE_UPDATED'),
    getTemplate: read(permission(P.TEMPLATES_READ)),
    listTemplates: read(permission(P.TEMPLATES_READ)),
    createTemplateTranslation: write(permission(P.TEMPLATES_WRITE), 'TRANSLATION_CREATED'),
    // The contract has no event of its own for this; TEMPLATE_UPDATED with the translation's id it is.
    updateTemplateTranslation: write(permission(P.TEMPLATES_WRITE), 'TEMPLATE_UPDATED'),
    listTemplateTranslations: read(permission(P.TEMPLATES_READ)),
    approveTemplateTranslation: write(permission(P.TEMPLATES_REVIEW), 'TRANSLATION_APPROVED'),
  }),

  ...rowsOf(TokenService, {
    signDeeplinkToken: unaudited(internal),
    validateDeeplinkToken: read(anyone),
  }),

  ...rowsOf(AuthService, {
    requestSignInCode: unaudited(anyone),
    verifySignInCode: unaudited(anyone),
    verifySignInLink: unaudited(anyone),
    refreshToken: unaudited(anyone),
    reauthenticate: unaudited(person),
    signOut: unaudited(person),
    listSessions: read(person),
    revokeSession: unaudited(person),
    revokeOtherSessions: unaudited(personal(person)),
    // The contract has no event of its own for this.
    revokeMemberSessions: write(permission(P.MEMBERS_MANAGE), 'PROFILE_UPDATED'),
    // Answers for a person without an organization as well; an API key learns who it is, too.
    whoAmI: read({ caller: 'member_or_key_or_person', anyOf: [] }),
  }),

  ...rowsOf(SsoSignInService, {
    startSsoSignIn: unaudited(anyone),
    exchangeSsoCode: unaudited(anyone),
    startSsoSignOut: unaudited(person),
  }),

  ...rowsOf(MembershipService, {
    listInvitations: read(personal(person)),
    // The contract has no event of its own for this.
    acceptInvitation: write(personal(person), 'USER_INVITED'),
    declineInvitation: write(personal(person), 'INVITE_REVOKED', 'USER_DEACTIVATED'),
    leaveOrganization: write(personal(recent(person)), 'USER_DEACTIVATED'),
  }),

  ...rowsOf(PasskeyService, {
    beginPasskeyRegistration: unaudited(personal(recent(person))),
    finishPasskeyRegistration: unaudited(personal(person)),
    beginPasskeySignIn: unaudited(anyone),
    finishPasskeySignIn: unaudited(anyone),
    beginPasskeyReauthentication: unaudited(person),
    finishPasskeyReauthentication: unaudited(person),
    listPasskeys: read(personal(person)),
    renamePasskey: unaudited(personal(person)),
    removePasskey: unaudited(personal(recent(person))),
  }),

  ...rowsOf(ContentService, { renderContents: read(internal) }),

  // Of a member also MEMBERS_READ: decided on the request.
  ...rowsOf(TemplatePreviewService, { previewTemplate: read(permission(P.TEMPLATES_READ)) }),

  ...rowsOf(ConnectionService, {
    prepareConnection: read(permission(P.ORG_WRITE)),
    createConnection: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_PROVIDER_CREATED'),
    getConnection: read(permission(P.ORG_READ)),
    listConnections: read(permission(P.ORG_READ)),
    updateConnection: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_CONFIGURED'),
    deleteConnection: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_PROVIDER_DELETED'),
    refreshMetadata: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
    rotateSpKey: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_CONFIGURED'),
    // It is on record as a login.
    startTestLogin: unaudited(self(P.ORG_WRITE)),
    listLogins: read(permission(P.ORG_READ)),
    getLogin: read(permission(P.ORG_READ)),
  }),

  ...rowsOf(DomainService, {
    addDomain: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
    verifyDomain: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
    listDomains: read(permission(P.ORG_READ)),
    removeDomain: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
  }),

  ...rowsOf(EnforcementService, {
    getEnforcement: read(permission(P.ORG_READ)),
    setEnforcement: write(recent(self(P.ORG_WRITE)), 'SSO_CONFIGURED'),
    armBreakGlass: write(recent(self(P.ORG_WRITE)), 'SSO_CONFIGURED'),
    disarmBreakGlass: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
  }),

  ...rowsOf(ScimService, {
    getScimSettings: read(permission(P.ORG_READ)),
    setScimPaused: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
    setGroupMappings: write(permission(P.ORG_WRITE), 'SSO_CONFIGURED'),
    createScimToken: write(recent(permission(P.ORG_WRITE), 'api_key'), 'API_KEY_CREATED'),
    listScimTokens: read(permission(P.ORG_READ)),
    revokeScimToken: write(permission(P.ORG_WRITE), 'API_KEY_REVOKED'),
  }),

  ...rowsOf(SubjectService, {
    listSubjects: read(permission(P.ORG_READ)),
    bindSubject: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_CONFIGURED'),
    unbindSubject: write(recent(permission(P.ORG_WRITE), 'api_key'), 'SSO_CONFIGURED'),
  }),
]);
