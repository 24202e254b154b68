import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { MembershipService } from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { OrganizationDeletionService } from '@dovecote/contract/dovecote/organization/v1/deletion_pb';
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
  anyProof,
  internal,
  named,
  permission,
  person,
  personal,
  personOrKey,
  read,
  recentProof,
  recentProofWhere,
  rowsOf,
  self,
  signedIn,
  unaudited,
  write,
} from './access-rule.js';
import type { AccessRow } from './access-rule.js';
import { Permission as P } from '../permission/permissions.js';

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
  OrganizationDeletionService,
];

/** When a proof is asked for that depends. */
const grantsMore = 'the role holds more than INBOX_READ and INBOX_ACT';
const secretsOfMore =
  'the secret of a link to a role with more than INBOX_READ and INBOX_ACT is to be shown; it is left out otherwise';
const linksShown = 'links to the files are to be shown; they are left out otherwise';
const callsWebhook = 'the default workflow that it sets calls a webhook';
const otherSession = 'it is not the calling session';

/**
 * Who may call what, and which audit events a change writes: one row for each RPC, by full method name.
 * Deny by default: a method without a row does not compile, and the server refuses to start without one.
 */
export const accessTable: ReadonlyMap<string, AccessRow> = new Map([
  ...rowsOf(ActionService, { submitAction: write(self(P.INBOX_ACT), anyProof, 'ACK_REGISTERED') }),

  ...rowsOf(ApiKeyService, {
    createApiKey: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_CREATED'),
    listApiKeys: read(permission(P.ORG_READ), anyProof),
    revokeApiKey: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_REVOKED'),
  }),

  // The trail is for people: a key that leaks must not carry it out, and the contract asks for a signed-in one.
  ...rowsOf(AuditService, {
    listAuditEvents: read(named(P.AUDIT_READ), anyProof),
    exportAuditTrail: write(named(P.AUDIT_READ), recentProof(), 'DATA_EXPORT_REQUESTED'),
    listAuditExports: read(named(P.AUDIT_READ), recentProofWhere(linksShown)),
    // Writes whatever event the sibling names.
    append: unaudited(internal, anyProof),
  }),

  ...rowsOf(AuthorizationService, {
    resolvePrincipalPermissions: read(internal, anyProof),
    resolveCallerIdentity: read(internal, anyProof),
    checkOrgSuspended: read(internal, anyProof),
  }),

  ...rowsOf(CampaignService, {
    createCampaign: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_CREATED'),
    startCampaign: write(permission(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_STARTED'),
    getCampaign: read(permission(P.CAMPAIGNS_READ), anyProof),
    listCampaigns: read(permission(P.CAMPAIGNS_READ), anyProof),
    updateCampaign: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_UPDATED'),
    getCampaignAudience: read(permission(P.CAMPAIGNS_READ), anyProof),
    cancelCampaign: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_CANCELLED'),
    listDeliveries: read(permission(P.CAMPAIGNS_READ), anyProof),
    getCampaignArchetypeBreakdown: read(permission(P.CAMPAIGNS_READ), anyProof),
    resolveOrCreateShortCode: unaudited(internal, anyProof),
    getCampaignByShortCode: read(anyone, anyProof),
  }),

  ...rowsOf(DeviceService, {
    register: unaudited(self(), anyProof),
    deactivate: unaudited(self(), anyProof),
    listDevices: read(self(), anyProof),
    // Own devices need no permission, those of others MEMBERS_READ: decided on the requested user.
    listMemberDevices: read(signedIn, anyProof),
  }),

  ...rowsOf(GroupService, {
    createGroup: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), anyProof, 'GROUP_CREATED'),
    getGroup: read(signedIn, anyProof),
    listGroups: read(signedIn, anyProof),
    updateGroup: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), anyProof, 'GROUP_UPDATED'),
    deleteGroup: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), anyProof, 'GROUP_DELETED'),
    addGroupMembers: write(permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE), anyProof, 'GROUP_MEMBERS_ADDED'),
    removeGroupMembers: write(
      permission(P.GROUPS_WRITE, P.GROUPS_ALL_WRITE),
      anyProof,
      'GROUP_MEMBERS_REMOVED',
    ),
    listGroupMembers: read(signedIn, anyProof),
    getUserGroupMemberships: read(permission(P.GROUPS_ALL_READ, P.GROUPS_ALL_WRITE), anyProof),
  }),

  ...rowsOf(HeatmapService, {
    ingestTouchEvents: unaudited(self(), anyProof),
    queryHeatmapData: read(permission(P.CAMPAIGNS_READ), anyProof),
    listScreenshots: read(permission(P.CAMPAIGNS_READ), anyProof),
    uploadScreenshot: unaudited(self(), anyProof),
  }),

  ...rowsOf(InboxService, {
    sync: unaudited(self(P.INBOX_READ), anyProof),
    markRead: write(self(P.INBOX_READ), anyProof, 'MESSAGE_OPENED'),
    getMessage: unaudited(self(P.INBOX_READ), anyProof),
  }),

  ...rowsOf(InviteLinkService, {
    createInviteLink: write(
      permission(P.MEMBERS_INVITE),
      recentProofWhere(grantsMore),
      'INVITE_LINK_CREATED',
    ),
    listInviteLinks: read(permission(P.MEMBERS_INVITE), recentProofWhere(secretsOfMore)),
    revokeInviteLink: write(permission(P.MEMBERS_INVITE), anyProof, 'INVITE_LINK_REVOKED'),
    validateInviteLink: unaudited(anyone, anyProof),
    redeemInviteLink: write(person, anyProof, 'USER_INVITED'),
  }),

  ...rowsOf(MemberService, {
    inviteUser: write(permission(P.MEMBERS_INVITE), recentProofWhere(grantsMore), 'USER_INVITED'),
    // Yourself needs no permission, others MEMBERS_READ: decided on the requested user.
    getUser: read(signedIn, anyProof),
    listUsers: read(permission(P.MEMBERS_READ), anyProof),
    updateUserRole: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'ROLE_CHANGED'),
    deactivateUser: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'USER_DEACTIVATED'),
    reactivateUser: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'USER_REACTIVATED'),
    revokeInvite: write(permission(P.MEMBERS_MANAGE), anyProof, 'INVITE_REVOKED'),
    // Your own profile needs no permission, others MEMBERS_MANAGE: decided on the requested user.
    updateUserProfile: write(signedIn, anyProof, 'PROFILE_UPDATED'),
    getUserSettings: read(self(), anyProof),
    updateUserSettings: write(self(), anyProof, 'SETTINGS_UPDATED'),
    bulkInviteUsers: write(permission(P.MEMBERS_INVITE), recentProofWhere(grantsMore), 'USER_INVITED'),
    confirmPasskeyEnrollment: write(self(), anyProof, 'PASSKEY_ENROLLED'),
    updateUserRegion: write(permission(P.MEMBERS_MANAGE), anyProof, 'PROFILE_UPDATED'),
  }),

  ...rowsOf(OrganizationService, {
    createOrganization: write(personal(person), anyProof, 'ORG_CREATED'),
    getOrganization: read(permission(P.ORG_READ), anyProof),
    updateOrganization: write(permission(P.ORG_WRITE), recentProofWhere(callsWebhook), 'ORG_UPDATED'),
    updateSsoAttributeMappings: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    rotateAnalyticsSalt: write(permission(P.PRIVACY_WRITE), recentProof('api_key'), 'ORG_UPDATED'),
    updateAnalyticsEpsilon: write(permission(P.PRIVACY_WRITE), anyProof, 'ORG_UPDATED'),
    getOrgPrivacySettings: read(permission(P.PRIVACY_READ), anyProof),
    updateOrgPrivacySettings: write(
      permission(P.PRIVACY_WRITE),
      anyProof,
      'ORG_UPDATED',
      'CONSENT_RECEIPTS_WRITTEN',
    ),
    createSandboxOrganization: write(personal(personOrKey), anyProof, 'SANDBOX_CREATED'),
    deleteSandboxOrganization: write(personal(personOrKey), recentProof('api_key'), 'ORG_DELETED'),
    listSandboxFixtures: read(personOrKey, anyProof),
    listUserOrganizations: read(person, anyProof),
    listUserSandboxes: read(personal(person), anyProof),
  }),

  // For people only: a request for personal data or erasure is recorded under a person's name.
  ...rowsOf(PrivacyService, {
    // One's own data need no permission, those of others PRIVACY_WRITE: decided on the requested user.
    exportUserData: write(named(), recentProof(), 'DATA_EXPORT_REQUESTED'),
    exportOrgData: write(named(P.PRIVACY_WRITE), recentProof(), 'ORG_DATA_EXPORT_REQUESTED'),
    deleteUserData: write(named(P.PRIVACY_WRITE), recentProof(), 'DATA_DELETION_REQUESTED'),
    rectifyUserData: write(named(), anyProof, 'DATA_RECTIFIED'),
    restrictProcessing: write(named(P.PRIVACY_WRITE), anyProof, 'PROCESSING_RESTRICTED'),
    getDataExistenceConfirmation: read(named(P.PRIVACY_WRITE), anyProof),
    listPrivacyRequests: read(named(P.PRIVACY_READ), recentProofWhere(linksShown)),
    cancelDeletion: write(named(P.PRIVACY_WRITE), recentProof(), 'DELETION_CANCELLED'),
    immediateDelete: write(named(P.PRIVACY_WRITE), recentProof(), 'DELETION_IMMEDIATE'),
    listMyPrivacyRequests: read(self(), recentProofWhere(linksShown)),
    listOrgSecurityIncidents: read(named(P.PRIVACY_READ), anyProof),
  }),

  ...rowsOf(RenderService, { renderBatch: read(internal, anyProof) }),

  ...rowsOf(ReplayService, {
    listSessionRecordings: read(permission(P.CAMPAIGNS_READ), anyProof),
    getSessionSnapshots: read(permission(P.CAMPAIGNS_READ), anyProof),
  }),

  ...rowsOf(RoleService, {
    listRoles: read(permission(P.ORG_READ), anyProof),
    createRole: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'ROLE_CREATED'),
    updateRole: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'ROLE_UPDATED'),
    deleteRole: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'ROLE_DELETED'),
  }),

  ...rowsOf(SSOService, {
    checkSSOByDomain: read(anyone, anyProof),
    createSSOProvider: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_CREATED'),
    getSSOProvider: read(permission(P.ORG_READ), anyProof),
    deleteSSOProvider: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_DELETED'),
  }),

  ...rowsOf(TeamService, {
    createTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_CREATED'),
    getTeam: read(signedIn, anyProof),
    listTeams: read(signedIn, anyProof),
    updateTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_UPDATED'),
    deleteTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_DELETED'),
    addTeamMembers: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_MEMBERS_ADDED'),
    removeTeamMembers: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_MEMBERS_REMOVED'),
    listTeamMembers: read(signedIn, anyProof),
  }),

  ...rowsOf(TemplateService, {
    createTemplate: write(permission(P.TEMPLATES_WRITE), anyProof, 'TEMPLATE_CREATED'),
    updateTemplate: write(permission(P.TEMPLATES_WRITE), anyProof, 'TEMPLATE_UPDATED'),
    getTemplate: read(permission(P.TEMPLATES_READ), anyProof),
    listTemplates: read(permission(P.TEMPLATES_READ), anyProof),
    createTemplateTranslation: write(permission(P.TEMPLATES_WRITE), anyProof, 'TRANSLATION_CREATED'),
    // The contract has no event type for translations: TEMPLATE_UPDATED with the translation's id.
    updateTemplateTranslation: write(permission(P.TEMPLATES_WRITE), anyProof, 'TEMPLATE_UPDATED'),
    listTemplateTranslations: read(permission(P.TEMPLATES_READ), anyProof),
    approveTemplateTranslation: write(permission(P.TEMPLATES_REVIEW), anyProof, 'TRANSLATION_APPROVED'),
  }),

  ...rowsOf(TokenService, {
    signDeeplinkToken: unaudited(internal, anyProof),
    validateDeeplinkToken: read(anyone, anyProof),
  }),

  ...rowsOf(AuthService, {
    requestSignInCode: unaudited(anyone, anyProof),
    verifySignInCode: unaudited(anyone, anyProof),
    verifySignInLink: unaudited(anyone, anyProof),
    refreshToken: unaudited(anyone, anyProof),
    reauthenticate: unaudited(person, anyProof),
    signOut: unaudited(person, anyProof),
    listSessions: read(person, anyProof),
    revokeSession: unaudited(person, recentProofWhere(otherSession)),
    revokeOtherSessions: unaudited(personal(person), recentProof()),
    // The contract has no event type for this.
    revokeMemberSessions: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'PROFILE_UPDATED'),
    // Answers for a person without an organization as well; an API key learns who it is, too.
    whoAmI: read({ caller: 'member_or_key_or_person', anyOf: [] }, anyProof),
  }),

  ...rowsOf(SsoSignInService, {
    startSsoSignIn: unaudited(anyone, anyProof),
    exchangeSsoCode: unaudited(anyone, anyProof),
    startSsoSignOut: unaudited(person, anyProof),
  }),

  ...rowsOf(MembershipService, {
    listInvitations: read(personal(person), anyProof),
    // The contract has no event type for this.
    acceptInvitation: write(personal(person), anyProof, 'USER_INVITED'),
    declineInvitation: write(personal(person), anyProof, 'INVITE_REVOKED', 'USER_DEACTIVATED'),
    leaveOrganization: write(personal(person), recentProof(), 'USER_DEACTIVATED'),
  }),

  ...rowsOf(PasskeyService, {
    beginPasskeyRegistration: unaudited(personal(person), recentProof()),
    finishPasskeyRegistration: unaudited(personal(person), anyProof),
    beginPasskeySignIn: unaudited(anyone, anyProof),
    finishPasskeySignIn: unaudited(anyone, anyProof),
    beginPasskeyReauthentication: unaudited(person, anyProof),
    finishPasskeyReauthentication: unaudited(person, anyProof),
    listPasskeys: read(personal(person), anyProof),
    renamePasskey: unaudited(personal(person), anyProof),
    removePasskey: unaudited(personal(person), recentProof()),
  }),

  ...rowsOf(ContentService, { renderContents: read(internal, anyProof) }),

  // Previews with a member's data also need MEMBERS_READ; checked on the request.
  ...rowsOf(TemplatePreviewService, { previewTemplate: read(permission(P.TEMPLATES_READ), anyProof) }),

  ...rowsOf(ConnectionService, {
    prepareConnection: read(permission(P.ORG_WRITE), anyProof),
    createConnection: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_CREATED'),
    getConnection: read(permission(P.ORG_READ), anyProof),
    listConnections: read(permission(P.ORG_READ), anyProof),
    updateConnection: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    deleteConnection: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_DELETED'),
    refreshMetadata: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    rotateSpKey: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    // It is on record as a login.
    startTestLogin: unaudited(named(P.ORG_WRITE), anyProof),
    listLogins: read(permission(P.ORG_READ), anyProof),
    getLogin: read(permission(P.ORG_READ), anyProof),
  }),

  ...rowsOf(DomainService, {
    addDomain: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    verifyDomain: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    listDomains: read(permission(P.ORG_READ), anyProof),
    removeDomain: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
  }),

  ...rowsOf(EnforcementService, {
    getEnforcement: read(permission(P.ORG_READ), anyProof),
    setEnforcement: write(named(P.ORG_WRITE), recentProof(), 'SSO_CONFIGURED'),
    armBreakGlass: write(named(P.ORG_WRITE), recentProof(), 'SSO_CONFIGURED'),
    disarmBreakGlass: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
  }),

  ...rowsOf(ScimService, {
    getScimSettings: read(permission(P.ORG_READ), anyProof),
    setScimPaused: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    setGroupMappings: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    createScimToken: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_CREATED'),
    listScimTokens: read(permission(P.ORG_READ), anyProof),
    revokeScimToken: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_REVOKED'),
  }),

  ...rowsOf(SubjectService, {
    listSubjects: read(permission(P.ORG_READ), anyProof),
    bindSubject: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    unbindSubject: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
  }),

  // Also only a super admin, whatever other roles may do: decided by the handler.
  ...rowsOf(OrganizationDeletionService, {
    deleteOrganization: write(named(P.ORG_WRITE), recentProof(), 'ORG_DELETED'),
    cancelOrganizationDeletion: write(named(P.ORG_WRITE), recentProof(), 'ORG_UPDATED'),
    getOrganizationDeletion: read(named(P.ORG_READ), anyProof),
  }),
]);
