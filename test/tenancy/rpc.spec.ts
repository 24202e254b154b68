import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DescMethod } from '@bufbuild/protobuf';
import { Code, type ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { DashboardsService } from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { accessTable, methodName, services } from '../../src/platform/access/index.js';
import { callRpc, type Outcome } from '../support/call-rpc.js';
import { addRecipient, createTemplate, runningCampaign } from '../support/campaigns.js';
import { type Actor, addMember, addProject, type Cast, inProject, seedCast } from '../support/cast.js';
import { exampleRequest, idFieldsOf } from '../support/requests.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { tenantTables } from './tenant-tables.js';

/** In every text of Acme's rows; whoever else reads it has read what is Acme's. */
const canary = 'acme-canary-77af';

let s: TestServer;
let cast: Cast;
/** Every id that Acme's rows are known by. */
let acmeIds: string[];
let attackers: { name: string; headers: Record<string, string> }[];

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  const ada = await addRecipient(s, cast.acme, canary);
  await runningCampaign(cast.max, [ada.userId, cast.erin.userId]);
  await translateTemplateOfAcme();
  await shareBoardOfAcme();
  await markRowsOfAcme();
  acmeIds = await idsOf(cast.acme.id);
  const double = await doubleAgent();
  // One each: a call without ids may delete it.
  const second = await addProject(s, cast.other, 'Second');
  attackers = [
    { name: 'mallory', headers: { ...cast.mallory.headers, 'x-project-id': cast.otherSite.id } },
    {
      name: 'a member of both, acting for Other',
      headers: { ...double.headers, 'x-org-id': cast.other.id, 'x-project-id': second.id },
    },
  ];
});
afterAll(() => s?.stop());

async function translateTemplateOfAcme(): Promise<void> {
  const templates = cast.max.client(TemplateService);
  const templateId = await createTemplate(cast.max);
  await templates.createTemplateTranslation({ templateId, locale: 'es', body: 'Hola {{name}}.' });
}

async function shareBoardOfAcme(): Promise<void> {
  const dashboards = inProject(cast.max, cast.site, DashboardsService);
  const { dashboard } = await dashboards.create({ displayName: canary });
  const named = { id: dashboard?.id ?? '', displayName: canary };
  const content = { case: 'markdown', value: { body: canary } } as const;
  await dashboards.upsert({ ...named, tiles: [{ content }] });
  await dashboards.update({ ...named, isPublic: true });
}

/** Writes the canary into whatever Acme's people have written. */
async function markRowsOfAcme(): Promise<void> {
  const written = new Set(['name', 'title', 'body', 'summary', 'preview', 'sender_name', 'event_type']);
  for (const { name, columns, tenantColumn } of await tenantTables(s.database)) {
    const texts = columns.filter((column) => column.type === 'text' && written.has(column.name));
    if (texts.length === 0) continue;
    const marked = texts.map((column) => `${column.name} = '${canary}'`).join(', ');
    await s.database.query(`update ${name} set ${marked} where ${tenantColumn} = $1`, [cast.acme.id]);
  }
}

/** An employee of Acme who is super_admin of Other: rights there are none here. */
async function doubleAgent(): Promise<Actor> {
  const email = 'double@both.example';
  await addMember(s, cast.acme, { email, role: 'employee' });
  return addMember(s, cast.other, { email, role: 'super_admin' });
}

/** The values of all uuid columns in all rows of the organization. */
async function idsOf(orgId: string): Promise<string[]> {
  const ids = new Set<string>([orgId]);
  // People are nobody's; their ids mean nothing to any organization.
  const foreign = new Set(['identity_id']);
  for (const table of await tenantTables(s.database)) {
    const columns = table.columns.filter(({ name, type }) => type === 'uuid' && !foreign.has(name));
    const rows = await s.database.query<Record<string, string | null>>(
      `select distinct ${columns.map(({ name }) => name).join(', ')} from ${table.name}
        where ${table.tenantColumn} = $1 limit 2`,
      [orgId],
    );
    for (const row of rows) for (const id of Object.values(row)) if (id) ids.add(id);
  }
  return [...ids];
}

/** The attackers need their sessions, and the project that they act in, to the end. */
const methods = services
  .flatMap((service) => service.methods)
  .filter(
    (method) =>
      !method.name.endsWith('SignOut') &&
      methodName(method) !== '/dashboard.projects.v1.ProjectsService/Delete',
  );

/** Everything that came back, as text: messages, the error, its details. */
function everythingIn({ messages, error }: Outcome): string {
  const told = error && [error.message, [...error.metadata], error.details];
  return JSON.stringify([messages, told], (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value;
  });
}

/** What an RPC may answer to the id of somebody else's object; that it does not exist, in so many ways. */
const asIfUnknown = new Set([Code.NotFound, Code.InvalidArgument, Code.PermissionDenied, Code.Unimplemented]);

/**
 * These succeed, because the id is the caller's to choose or the answer is the same for every unknown id; that they
 * show and change nothing of Acme's is what the canary and the comparison of rows are for.
 */
const indifferent = new Set([
  // Nobody's events, as for any unknown actor.
  '/pidgr.v1.AuditService/ListAuditEvents',
  // The id is one that the client made up for its own device.
  '/pidgr.v1.DeviceService/Register',
  '/pidgr.v1.DeviceService/Deactivate',
  // A list of nothing, as for any unknown user.
  '/pidgr.v1.DeviceService/ListMemberDevices',
  // The rules that name it: an empty list, as for any unknown id.
  '/dovecote.campaign.v1.AudienceService/ListAudienceRules',
  // Members of a list are left out as unknown, as for any unknown member.
  '/dovecote.campaign.v1.AudienceService/PreviewAudience',
  // No calls, as for any unknown campaign.
  '/dovecote.campaign.v1.WebhookService/ListWebhookCalls',
  // Counted among the touches of the attacker's own organization, as on any unknown campaign.
  '/pidgr.v1.HeatmapService/IngestTouchEvents',
  // No touches, as on any unknown campaign: only those of the attacker's own organization are read.
  '/pidgr.v1.HeatmapService/QueryHeatmapData',
  // No recordings, as of any unknown campaign.
  '/pidgr.v1.ReplayService/ListSessionRecordings',
  // Nobody's groups, as for any unknown user.
  '/pidgr.v1.GroupService/GetUserGroupMemberships',
  // Nothing is known, as about any unknown user.
  '/pidgr.v1.PrivacyService/GetDataExistenceConfirmation',
  // No token, as for any campaign.
  '/pidgr.v1.TokenService/ValidateDeeplinkToken',
  // Free text of a profile.
  '/pidgr.v1.MemberService/InviteUser',
  '/pidgr.v1.MemberService/UpdateUserProfile',
  '/pidgr.v1.OrganizationService/CreateOrganization',
  // A draft: its templates are looked up when a campaign is made of it.
  '/pidgr.v1.OrganizationService/UpdateOrganization',
  // Ids of people and sessions are what a site chose; here they are looked for in the attacker's own project.
  '/shared.activity.v1.ActivityService/GetActivityFeed',
  '/shared.activity.v1.ActivityService/GetEventExplorer',
  '/shared.activity.v1.ActivityService/GetActivityHeatmap',
  '/shared.activity.v1.ActivityService/GetProfileStats',
  '/dovecote.profile.v1.ProfileService/GetActivityDays',
  // Any id, known or not: nothing that arrives later may bring them back.
  '/shared.profiles.v1.ProfilesService/DeleteDataSubject',
]);

/** About memberships of the caller, wherever they act: a member of both may leave Acme, and has accepted its invitation. */
const aboutMemberships = new Set([
  '/dovecote.auth.v1.MembershipService/LeaveOrganization',
  '/dovecote.auth.v1.MembershipService/AcceptInvitation',
  '/dashboard.orgs.v1.OrgsService/Leave',
]);

/** The request names one of the caller's organizations: a member of both enters Acme by its id. */
function namesOrganization(method: DescMethod): boolean {
  return accessTable.get(methodName(method))?.organization === 'of_message';
}

/** Names the organizations of the caller, which for a member of both is right. */
const aboutThePerson = new Set([
  '/pidgr.v1.OrganizationService/ListUserOrganizations',
  '/dovecote.auth.v1.AuthService/WhoAmI',
]);

/** One connection for each attacker. */
const transports = new Map<string, Transport>();

async function attack(
  method: DescMethod,
  headers: Record<string, string>,
  including: string,
  idAt?: (path: string) => string,
): Promise<Outcome> {
  // Where keys are not taken, an attacker has a project as well.
  const inProject = accessTable.get(methodName(method))?.boundary === 'dashboard';
  const sent = inProject ? { ...headers, 'x-project-id': cast.otherSite.id } : headers;
  const key = JSON.stringify(sent);
  const transport = transports.get(key) ?? s.transport(sent);
  transports.set(key, transport);
  const request = exampleRequest(method, { including, idAt });
  // Past the gate of the organization, with ids of another one.
  if (including !== '' && including !== 'org_id' && isOfMessage(method)) request['orgId'] = cast.other.id;
  return callRpc(createClient(method.parent, transport), method, request);
}

function verdict(method: DescMethod, field: string, outcome: Outcome): string | undefined {
  const rpc = `${methodName(method)} with ${field}`;
  const told = everythingIn(outcome);
  if (told.includes(canary)) return `${rpc} tells what is Acme's: ${told.slice(0, 500)}`;
  if (!outcome.error)
    return indifferent.has(methodName(method)) ? undefined : `${rpc} succeeds: ${told.slice(0, 200)}`;
  // The header names the project before an id is looked at; the specs of these services attack beside another project.
  if (outcome.error.rawMessage === 'x-project-id header is required') return undefined;
  return asIfUnknown.has(outcome.error.code) ? undefined : `${rpc}: ${outcome.error.message}`;
}

/** All of Acme's rows, to see whether they are still what they were. */
async function rowsOfAcme(): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {};
  for (const { name, tenantColumn } of await tenantTables(s.database)) {
    // Grow by themselves: every minute, and a moment after a session of Acme's own was first used there.
    if (['audit_chain', 'session_use', 'usage_count'].includes(name)) continue;
    rows[name] = await s.database.query(
      `select to_jsonb(t) - 'last_used_at' - 'counted_version' as row from ${name} t where ${tenantColumn} = $1 order by 1`,
      [cast.acme.id],
    );
  }
  return rows;
}

/** A member of both names Acme, acts there, and learns what an employee may. */
function namesOwnOrganization(method: DescMethod, field: string): boolean {
  return field === 'org_id' && isOfMessage(method);
}

function isOfMessage(method: DescMethod): boolean {
  return accessTable.get(methodName(method))?.organization === 'of_message';
}

// Each test makes thousands of calls, and more with each RPC of the contract.
jest.setTimeout(240_000);

describe.each(['mallory', 'a member of both, acting for Other'])('%s', (name) => {
  const headersOf = (): Record<string, string> => attackers.find((each) => each.name === name)?.headers ?? {};
  const attacked = methods.filter(
    (method) =>
      name === 'mallory' || !(aboutMemberships.has(methodName(method)) || namesOrganization(method)),
  );

  test('gets nowhere with any id of Acme, in any field of any RPC', async () => {
    const before = await rowsOfAcme();
    const breaches: string[] = [];
    for (const method of attacked) {
      for (const field of idFieldsOf(method)) {
        const outcomes = await Promise.all(acmeIds.map((id) => attack(method, headersOf(), field, () => id)));
        for (const outcome of outcomes) {
          const breach = verdict(method, field, outcome);
          if (breach) breaches.push(breach);
        }
      }
    }
    expect([...new Set(breaches)]).toEqual([]);
    expect(await rowsOfAcme()).toEqual(before);
  });

  test('is told nothing of Acme by any RPC that takes no id', async () => {
    const told: string[] = [];
    for (const method of methods) {
      if (name !== 'mallory' && aboutThePerson.has(methodName(method))) continue;
      const outcome = await attack(method, headersOf(), '');
      if (everythingIn(outcome).includes(canary)) told.push(methodName(method));
    }
    expect(told).toEqual([]);
  });

  test('cannot tell an id of Acme from one that nobody has', async () => {
    const differences: string[] = [];
    for (const method of attacked.filter((each) => !indifferent.has(methodName(each)))) {
      for (const field of idFieldsOf(method)) {
        if (name !== 'mallory' && namesOwnOrganization(method, field)) continue;
        const [theirs, nobodys] = [
          await Promise.all(acmeIds.slice(0, 8).map((id) => attack(method, headersOf(), field, () => id))),
          await attack(method, headersOf(), field),
        ];
        const expected = answerOf(nobodys.error);
        for (const { error } of theirs) {
          if (answerOf(error) !== expected)
            differences.push(`${methodName(method)} with ${field}: ${answerOf(error)}, not ${expected}`);
        }
      }
    }
    expect([...new Set(differences)]).toEqual([]);
  });
});

test('the attack knows ids of every kind, and the canary is where it can be found', async () => {
  expect(acmeIds.length).toBeGreaterThan(12);
  const seen: string[] = [];
  for (const method of methods.filter((each) => each.name.startsWith('List'))) {
    const outcome = await attack(method, cast.alice.headers, '');
    if (everythingIn(outcome).includes(canary)) seen.push(method.name);
  }
  expect(seen).toEqual(expect.arrayContaining(['ListUsers', 'ListRoles', 'ListTemplates', 'ListCampaigns']));
});

function answerOf(error: ConnectError | undefined): string {
  if (!error) return 'success';
  const reason = error.findDetails(ErrorInfoSchema)[0]?.reason;
  return `${Code[error.code]} ${reason} ${error.rawMessage.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')}`;
}
