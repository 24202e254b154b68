import type { Planner } from './plan.js';
import type { Sent } from './recorder.js';

/** The hottest statements, and what sends them. */
const hot: Record<string, string> = {
  'inbox.from_the_start': 'Sync, the first time',
  'inbox.since': 'Sync',
  'inbox.mark_delivered': 'Sync, when something is new',
  'campaign.first_page': 'ListCampaigns',
  'campaign.next_page': 'ListCampaigns, further pages',
  'campaign.count': 'ListCampaigns, `total_count`',
  'delivery.first_page': 'ListDeliveries',
  'delivery.next_page': 'ListDeliveries, further pages',
  'delivery.first_page_by_status': 'ListDeliveries of one status',
  'delivery.next_page_by_status': 'ListDeliveries of one status, further pages',
  'delivery.count': 'ListDeliveries, `total_count`',
  'delivery.count_by_status': 'ListDeliveries of one status, `total_count`',
  'campaign.snapshot': 'GetCampaignStatistics',
  'timeline.read': 'GetDeliveryTimeline',
  'member.first_page': 'ListUsers',
  'member.next_page': 'ListUsers, further pages',
  'member.count': 'ListUsers, `total_count`',
  'template_version.list_latest': 'ListTemplates',
  'audience.entries': 'GetCampaignAudience',
  'recipient.next': 'the fan-out of a campaign',
  'dispatch.insert_deliveries': 'the fan-out of a campaign',
  'delivery.mark_missed': 'the end of a deadline',
  'sso_domain.owner': 'StartSsoSignIn: whose domain an address is in',
  'sso_connection.owner_by_id': 'a provider, back at our door',
  'sso_connection.preferred': 'StartSsoSignIn',
  'sso_domain.find': 'every sign-in and every user of a directory: is the domain ours',
  'sso_login.take_request': 'the answer of a provider, once',
  'sso_subject.find': 'the answer of a provider',
  'sso_login.take_code': 'ExchangeSsoCode',
  'scim_user.list': 'GET /Users',
  'scim_user.count': 'GET /Users, `totalResults`',
  'scim_user.list 2': 'GET /Users with `userName eq`',
  'scim_user.list 3': 'GET /Users with `externalId eq`',
  'scim_user.find': 'GET /Users/{id}',
  'scim_group.list': 'GET /Groups',
  'scim_group_member.list': 'GET /Groups and GET /Groups/{id}, with members',
  'scim_group_member.join': 'PATCH /Groups/{id}',
  'audit_event.list': 'ListAuditEvents, with every filter',
  'audit_chain.head': 'the chain, every minute',
  'audit_backlog.waiting': 'the chain, every minute',
  'audit_chain.append': 'the chain, every minute',
  'audit_chain.between': 'ExportAuditTrail of a time',
  'audit_chain.rows': 'ExportAuditTrail',
  'privacy_request.list': 'ListPrivacyRequests and ListMyPrivacyRequests',
  'privacy_request.deletion_pending': 'every return of somebody who is shut out',
  'personal_data.deliveries': 'ExportUserData',
  'personal_data.audit_events': 'ExportUserData',
  'message.received': 'the deletion of a person',
  'message.erase': 'the deletion of a person',
  'delivery.erase': 'the deletion of a person',
  'sso_login.erase': 'the deletion of a person',
  'campaign_audience_member.erase': 'the deletion of a person',
};

const introduction = `# The hottest statements and their plans

What the stores send, caught while a test makes the calls, and how PostgreSQL runs it on tables that are large enough
for that to matter: under the server's role, with row-level security. A statement that is prepared once per connection
is shown with its generic plan, the others with the plan for the values at hand.

\`PLANS=write npm run jest -- test/plans\` writes this page. The test fails when a statement is not the one shown here,
and when any statement reads a large table from end to end.`;

/** The page with the plans of the hot statements. */
export async function pageOf(sent: ReadonlyMap<string, Sent>, planner: Planner): Promise<string> {
  const sections: string[] = [];
  for (const [name, use] of Object.entries(hot)) {
    const entry = sent.get(name);
    if (!entry) throw new Error(`The statement ${name} was not sent.`);
    const plan = await planner.plan(entry, entry.statement.plannedEachTime ? 'custom' : 'generic');
    sections.push(
      `## ${name}\n\nSent by ${use}.\n\n\`\`\`sql\n${dedent(entry.statement.text)}\n\`\`\`\n\n\`\`\`text\n${plan}\n\`\`\``,
    );
  }
  return `${[introduction, ...sections].join('\n\n')}\n`;
}

function dedent(text: string): string {
  const lines = text.trim().split('\n');
  const indent = Math.min(
    ...lines
      .slice(1)
      .filter(Boolean)
      .map((line) => line.search(/\S/)),
    Infinity,
  );
  return [lines[0], ...lines.slice(1).map((line) => line.slice(Number.isFinite(indent) ? indent : 0))].join(
    '\n',
  );
}
