import { IdsAndScope } from './0001-ids-and-scope.js';
import { IdentitiesAndOrganizations } from './0002-identities-and-organizations.js';
import { Credentials } from './0003-credentials.js';
import { TemplatesAndCampaigns } from './0004-templates-and-campaigns.js';
import { MailAndWorkers } from './0005-mail-and-workers.js';
import { TeamsAndGroups } from './0006-teams-and-groups.js';
import { TemplateTranslations } from './0007-template-translations.js';
import { PrivacyAndSandboxes } from './0008-privacy-and-sandboxes.js';
import { ShortCodesAndRegions } from './0009-short-codes-and-regions.js';
import { CountedByIndex } from './0010-counted-by-index.js';
import { SandboxSafeguards } from './0011-sandbox-safeguards.js';
import { DeactivatedHeads } from './0012-deactivated-heads.js';
import { FreshStatistics } from './0013-fresh-statistics.js';
import { SingleSignOn } from './0014-single-sign-on.js';
import { AuditChain } from './0015-audit-chain.js';
import { PasskeysAndProofs } from './0016-passkeys-and-proofs.js';
import { Scim } from './0017-scim.js';
import { PrivacyRequests } from './0018-privacy-requests.js';
import { DeeplinkKeys } from './0019-deeplink-keys.js';
import { ScimNames } from './0021-scim-names.js';
import { OidcLogout } from './0022-oidc-logout.js';
import { FoundByPerson } from './0023-found-by-person.js';
import { ReachOfConnections } from './0024-reach-of-connections.js';
import { Installation } from './0025-installation.js';
import { StoppedWorkers } from './0026-stopped-workers.js';
import { NewestByNumber } from './0027-newest-by-number.js';
import { OneSubjectForAMember } from './0030-one-subject-for-a-member.js';
import { TextThatPeopleGive } from './0033-text-that-people-give.js';
import { WhatGroupsGave } from './0034-what-groups-gave.js';
import { SessionsOfOrganizations } from './0036-sessions-of-organizations.js';
import { GuessesAtCodes } from './0037-guesses-at-codes.js';
import { OwnInvitations } from './0038-own-invitations.js';
import { OrganizationsThatEnd } from './0039-organizations-that-end.js';
import { LegalTransitions } from './0040-legal-transitions.js';
import { ReachabilityVersion } from './0041-reachability-version.js';
import { ReferencesOfTheLedger } from './0045-references-of-the-ledger.js';
import { ContributedErasure } from './0050-contributed-erasure.js';
import { AnalyticsPermissions } from './0052-analytics-permissions.js';
import { Projects } from './0053-projects.js';
import { CookielessVisitors } from './0054-cookieless-visitors.js';
import { IngestQueue } from './0055-ingest-queue.js';
import { Profiles } from './0056-profiles.js';
import { BoundedForgetting } from './0057-bounded-forgetting.js';
import { TurnsOfTheIngestQueue } from './0058-turns-of-the-ingest-queue.js';
import { AnalyticsVersions } from './0059-analytics-versions.js';
import { LinksByAlias } from './0060-links-by-alias.js';
import { InvitationsThatSignIn } from './0061-invitations-that-sign-in.js';
import { VersionsOfEveryProject } from './0062-versions-of-every-project.js';
import { PushAccounts } from './0063-push-accounts.js';
import { DataExports } from './0064-data-exports.js';
import { Boards } from './0065-boards.js';
import { DashboardSignIn } from './0066-dashboard-sign-in.js';
import { Erasures } from './0067-erasures.js';
import { Usage } from './0068-usage.js';
import { EmailProviders } from './0069-email-providers.js';
import { DataImports } from './0070-data-imports.js';
import { PushSubscriptions } from './0071-push-subscriptions.js';
import { ProfileMerges } from './0072-profile-merges.js';
import { ChasingCampaigns } from './0073-chasing-campaigns.js';
import { PropertyHistory } from './0074-property-history.js';
import { PushSubscriptionCount } from './0075-push-subscription-count.js';
import { SealedAgain } from './0076-sealed-again.js';
import { Webhooks } from './0077-webhooks.js';
import { Copies } from './0078-copies.js';
import { ScheduledStarts } from './0079-scheduled-starts.js';
import { Pauses } from './0080-pauses.js';
import { AutomaticPauses } from './0081-automatic-pauses.js';
import { AudienceRules } from './0083-audience-rules.js';
import { ResolvedAudiences } from './0084-resolved-audiences.js';
import { Lanes } from './0086-lanes.js';
import { OrganizationWebhook } from './0087-organization-webhook.js';
import { WebhookPosts } from './0088-webhook-posts.js';
import { CampaignApprovals } from './0089-campaign-approvals.js';
import { TestMessages } from './0090-test-messages.js';
import { AudienceRuleReferences } from './0095-audience-rule-references.js';
import { Heatmaps } from './0096-heatmaps.js';
import { Screenshots } from './0097-screenshots.js';
import { SessionRecordings } from './0098-session-recordings.js';
import { CampaignFeed } from './0102-campaign-feed.js';
import { BackupRuns } from './0106-backup-runs.js';

export * from './analytics/index.js';

/** In the order in which they run. A landed migration is never edited. */
export const migrations = [
  IdsAndScope,
  IdentitiesAndOrganizations,
  Credentials,
  TemplatesAndCampaigns,
  MailAndWorkers,
  TeamsAndGroups,
  TemplateTranslations,
  PrivacyAndSandboxes,
  ShortCodesAndRegions,
  CountedByIndex,
  SandboxSafeguards,
  DeactivatedHeads,
  FreshStatistics,
  SingleSignOn,
  AuditChain,
  PasskeysAndProofs,
  Scim,
  PrivacyRequests,
  DeeplinkKeys,
  ScimNames,
  OidcLogout,
  FoundByPerson,
  ReachOfConnections,
  Installation,
  StoppedWorkers,
  NewestByNumber,
  OneSubjectForAMember,
  TextThatPeopleGive,
  WhatGroupsGave,
  SessionsOfOrganizations,
  GuessesAtCodes,
  OwnInvitations,
  OrganizationsThatEnd,
  LegalTransitions,
  ReachabilityVersion,
  ReferencesOfTheLedger,
  ContributedErasure,
  AnalyticsPermissions,
  Projects,
  CookielessVisitors,
  IngestQueue,
  Profiles,
  BoundedForgetting,
  TurnsOfTheIngestQueue,
  AnalyticsVersions,
  LinksByAlias,
  InvitationsThatSignIn,
  VersionsOfEveryProject,
  PushAccounts,
  DataExports,
  Boards,
  DashboardSignIn,
  Erasures,
  Usage,
  EmailProviders,
  DataImports,
  PushSubscriptions,
  ProfileMerges,
  ChasingCampaigns,
  PropertyHistory,
  PushSubscriptionCount,
  SealedAgain,
  Webhooks,
  Copies,
  ScheduledStarts,
  Pauses,
  AutomaticPauses,
  AudienceRules,
  ResolvedAudiences,
  Lanes,
  OrganizationWebhook,
  WebhookPosts,
  CampaignApprovals,
  TestMessages,
  AudienceRuleReferences,
  Heatmaps,
  Screenshots,
  SessionRecordings,
  CampaignFeed,
  BackupRuns,
];
