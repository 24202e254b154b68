import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { AuditService } from '@dovecote/contract/pidgr/v1/audit_pb';
import { AuthorizationService } from '@dovecote/contract/pidgr/v1/authorization_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { HeatmapService } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { IntegrationsService } from '@dovecote/contract/pidgr/v1/integrations_service_pb';
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
import { Permission as P } from '../../permission/permissions.js';
import {
  allowedIn,
  anyone,
  anyProof,
  internal,
  largeRequest,
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
  type ServiceRows,
} from '../access-rule.js';

/** Conditions of the proofs that depend on the request. */
const grantsMore = 'the role holds more than INBOX_READ and INBOX_ACT';
const secretsOfMore =
  'the secret of a link to a role with more than INBOX_READ and INBOX_ACT is to be shown; it is left out otherwise';
const linksShown = 'links to the files are to be shown; they are left out otherwise';
const callsWebhook = 'the default workflow that it sets calls a webhook';

export const pidgr: readonly ServiceRows[] = [
  rowsOf(ActionService, { submitAction: write(self(P.INBOX_ACT), anyProof, 'ACK_REGISTERED') }),

  rowsOf(ApiKeyService, {
    createApiKey: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_CREATED'),
    listApiKeys: read(permission(P.ORG_READ), anyProof),
    revokeApiKey: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_REVOKED'),
  }),

  // The trail is for people: a key that leaks must not carry it out, and the contract asks for a signed-in one.
  rowsOf(AuditService, {
    listAuditEvents: read(named(P.AUDIT_READ), anyProof),
    exportAuditTrail: write(named(P.AUDIT_READ), recentProof(), 'DATA_EXPORT_REQUESTED'),
    listAuditExports: read(named(P.AUDIT_READ), recentProofWhere(linksShown)),
    // Writes whatever event the sibling names.
    append: unaudited(internal, anyProof),
  }),

  rowsOf(AuthorizationService, {
    resolvePrincipalPermissions: read(internal, anyProof),
    resolveCallerIdentity: read(internal, anyProof),
    checkOrgSuspended: read(internal, anyProof),
  }),

  rowsOf(CampaignService, {
    createCampaign: largeRequest(write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_CREATED')),
    startCampaign: write(permission(P.CAMPAIGNS_START), anyProof, 'CAMPAIGN_STARTED'),
    getCampaign: read(permission(P.CAMPAIGNS_READ), anyProof),
    listCampaigns: read(permission(P.CAMPAIGNS_READ), anyProof),
    updateCampaign: largeRequest(write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_UPDATED')),
    getCampaignAudience: read(permission(P.CAMPAIGNS_READ), anyProof),
    cancelCampaign: write(permission(P.CAMPAIGNS_WRITE), anyProof, 'CAMPAIGN_CANCELLED'),
    listDeliveries: read(permission(P.CAMPAIGNS_READ), anyProof),
    getCampaignArchetypeBreakdown: read(permission(P.CAMPAIGNS_READ), anyProof),
    resolveOrCreateShortCode: unaudited(internal, anyProof),
    getCampaignByShortCode: read(anyone, anyProof),
  }),

  rowsOf(DeviceService, {
    register: unaudited(self(), anyProof),
    deactivate: unaudited(self(), anyProof),
    listDevices: read(self(), anyProof),
    // Own devices need no permission, those of others MEMBERS_READ: decided on the requested user.
    listMemberDevices: read(signedIn, anyProof),
  }),

  rowsOf(GroupService, {
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

  rowsOf(HeatmapService, {
    ingestTouchEvents: unaudited(self(), anyProof),
    queryHeatmapData: read(permission(P.CAMPAIGNS_READ), anyProof),
    listScreenshots: read(permission(P.CAMPAIGNS_READ), anyProof),
    uploadScreenshot: unaudited(self(), anyProof),
  }),

  rowsOf(InboxService, {
    sync: unaudited(self(P.INBOX_READ), anyProof),
    markRead: write(self(P.INBOX_READ), anyProof, 'MESSAGE_OPENED'),
    getMessage: unaudited(self(P.INBOX_READ), anyProof),
  }),

  rowsOf(IntegrationsService, {
    dispatchToChannel: unaudited(internal, anyProof),
    // Oneself needs no permission, others REACHABILITY_WRITE or MEMBERS_READ: to be decided on the requested user.
    upsertReachability: write(signedIn, anyProof, 'REACHABILITY_UPSERT'),
    removeReachability: write(signedIn, anyProof, 'REACHABILITY_REMOVE'),
    getReachability: read(signedIn, anyProof),
    listReachabilityForUser: read(signedIn, anyProof),
    getRegionPolicy: read(permission(P.ORG_WRITE), anyProof),
    setRegionPolicy: write(permission(P.ORG_WRITE), anyProof, 'ORG_UPDATED'),
    getCostCapPolicy: read(permission(P.ORG_WRITE), anyProof),
    setCostCapPolicy: write(permission(P.ORG_WRITE), anyProof, 'ORG_UPDATED'),
    getOrgWebhookConfig: read(permission(P.ORG_WRITE), anyProof),
    setOrgWebhookConfig: write(named(P.ORG_WRITE), recentProof(), 'ORG_WEBHOOK_SET', 'ORG_WEBHOOK_REMOVED'),
    createChannelConnectLink: unaudited(permission(P.ORG_WRITE), anyProof),
    createSlackWorkspaceInstallAuthorization: unaudited(permission(P.ORG_WRITE), anyProof),
  }),

  rowsOf(InviteLinkService, {
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

  rowsOf(MemberService, {
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

  rowsOf(OrganizationService, {
    createOrganization: write(personal(person), anyProof, 'ORG_CREATED'),
    getOrganization: allowedIn(['suspended', 'being_deleted'], read(permission(P.ORG_READ), anyProof)),
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
  rowsOf(PrivacyService, {
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

  rowsOf(RenderService, { renderBatch: largeRequest(read(internal, anyProof)) }),

  rowsOf(ReplayService, {
    listSessionRecordings: read(permission(P.CAMPAIGNS_READ), anyProof),
    getSessionSnapshots: write(permission(P.CAMPAIGNS_READ), anyProof, 'SESSION_RECORDING_VIEWED'),
  }),

  rowsOf(RoleService, {
    listRoles: read(permission(P.ORG_READ), anyProof),
    createRole: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'ROLE_CREATED'),
    updateRole: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'ROLE_UPDATED'),
    deleteRole: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'ROLE_DELETED'),
  }),

  rowsOf(SSOService, {
    checkSSOByDomain: read(anyone, anyProof),
    createSSOProvider: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_CREATED'),
    getSSOProvider: read(permission(P.ORG_READ), anyProof),
    deleteSSOProvider: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_DELETED'),
  }),

  rowsOf(TeamService, {
    createTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_CREATED'),
    getTeam: read(signedIn, anyProof),
    listTeams: read(signedIn, anyProof),
    updateTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_UPDATED'),
    deleteTeam: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_DELETED'),
    addTeamMembers: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_MEMBERS_ADDED'),
    removeTeamMembers: write(permission(P.TEAMS_WRITE, P.TEAMS_ALL_WRITE), anyProof, 'TEAM_MEMBERS_REMOVED'),
    listTeamMembers: read(signedIn, anyProof),
  }),

  rowsOf(TemplateService, {
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

  rowsOf(TokenService, {
    signDeeplinkToken: unaudited(internal, anyProof),
    validateDeeplinkToken: read(anyone, anyProof),
  }),
];
