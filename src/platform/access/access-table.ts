import type { DescService } from '@bufbuild/protobuf';
import type { AccessRow, ServiceRows } from './access-rule.js';
import { dashboardOrgs } from './table/dashboard.orgs.v1.js';
import { dashboardOrgEmailProviders } from './table/dashboard.orgemailproviders.v1.js';
import { dashboardProjects } from './table/dashboard.projects.v1.js';
import { activity } from './table/activity.v1.js';
import { dashboardDashboards } from './table/dashboard.dashboards.v1.js';
import { dashboards } from './table/dashboards.v1.js';
import { auth } from './table/auth.v1.js';
import { customers } from './table/customers.v1.js';
import { dashboardCustomers } from './table/dashboard.customers.v1.js';
import { dovecoteAuth } from './table/dovecote.auth.v1.js';
import { dovecoteCampaign } from './table/dovecote.campaign.v1.js';
import { dovecoteDashboard } from './table/dovecote.dashboard.v1.js';
import { dovecoteInsights } from './table/dovecote.insights.v1.js';
import { dovecoteOrganization } from './table/dovecote.organization.v1.js';
import { dovecoteProfile } from './table/dovecote.profile.v1.js';
import { dovecoteProject } from './table/dovecote.project.v1.js';
import { dovecoteReplay } from './table/dovecote.replay.v1.js';
import { dovecoteRender } from './table/dovecote.render.v1.js';
import { dovecoteSso } from './table/dovecote.sso.v1.js';
import { dashboardUsage } from './table/dashboard.usage.v1.js';
import { dovecoteUsage } from './table/dovecote.usage.v1.js';
import { dovecoteTemplate } from './table/dovecote.template.v1.js';
import { dovecoteTransfer } from './table/dovecote.transfer.v1.js';
import { events } from './table/events.v1.js';
import { insights } from './table/insights.v1.js';
import { orgs } from './table/orgs.v1.js';
import { orgEmailProviders } from './table/orgemailproviders.v1.js';
import { pidgr } from './table/pidgr.v1.js';
import { profiles } from './table/profiles.v1.js';
import { projects } from './table/projects.v1.js';
import { publicDashboards } from './table/public.dashboards.v1.js';
import { publicAuth } from './table/public.auth.v1.js';
import { sdkDevices } from './table/sdk.devices.v1.js';
import { sdkEvents } from './table/sdk.events.v1.js';
import { sdkProfiles } from './table/sdk.profiles.v1.js';
import { sharedActivity } from './table/shared.activity.v1.js';
import { sharedCampaigns } from './table/shared.campaigns.v1.js';
import { sharedDelivery } from './table/shared.delivery.v1.js';
import { sharedInsights } from './table/shared.insights.v1.js';
import { sharedProfiles } from './table/shared.profiles.v1.js';

/** One file for each package, in the order in which reflection lists the services. */
const packages: readonly (readonly ServiceRows[])[] = [
  pidgr,
  dovecoteAuth,
  dovecoteRender,
  dovecoteTemplate,
  dovecoteSso,
  dovecoteOrganization,
  events,
  profiles,
  insights,
  activity,
  sdkEvents,
  sdkProfiles,
  sharedInsights,
  projects,
  dashboardProjects,
  sharedActivity,
  orgs,
  dashboardOrgs,
  auth,
  customers,
  publicAuth,
  dashboardCustomers,
  sharedProfiles,
  orgEmailProviders,
  dashboardOrgEmailProviders,
  sdkDevices,
  sharedDelivery,
  sharedCampaigns,
  dovecoteInsights,
  dovecoteProject,
  dovecoteTransfer,
  dashboards,
  dashboardDashboards,
  publicDashboards,
  dovecoteCampaign,
  dovecoteDashboard,
  dashboardUsage,
  dovecoteUsage,
  dovecoteProfile,
  dovecoteReplay,
];
const served = packages.flat();

/** The services that the server offers. */
export const services: readonly DescService[] = served.map(({ service }) => service);

/**
 * Who may call what, and which audit events a change writes: one row for each RPC, by full method name.
 * Deny by default: a method without a row does not compile, and the server refuses to start without one.
 */
export const accessTable: ReadonlyMap<string, AccessRow> = new Map(served.flatMap(({ rows }) => rows));
