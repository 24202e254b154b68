import {
  AuditEventClass,
  AuditEventType,
  AuditExportFormat,
  AuditService,
} from '@dovecote/contract/pidgr/v1/audit_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Actor } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { patchOf, type ScimDirectory } from '../support/scim.js';
import type { SsoWorld } from '../support/sso.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What directories ask for, each form of a list in the order in which the page shows it. */
export async function provision(scim: ScimDirectory, email: string): Promise<void> {
  const users = (query: string) => scim('GET', `/Users?${query}`);
  const { Resources } = (await users('startIndex=1&count=100')).body;
  const user = Resources[0];
  await users(`filter=${encodeURIComponent(`userName eq "${email}"`)}`);
  await users(`filter=${encodeURIComponent(`externalId eq "external-${user?.id}"`)}`);
  await scim('GET', `/Users/${user?.id}`);
  for (const value of [{ title: 'Clerk' }, { active: false }, { active: true }]) {
    await scim('PATCH', `/Users/${user?.id}`, { body: patchOf({ op: 'replace', value }) });
  }
  const groups = (await scim('GET', '/Groups?count=20')).body.Resources;
  await scim('GET', '/Groups?count=20&excludedAttributes=members');
  const join = { op: 'add', path: 'members', value: [{ value: user?.id }] };
  await scim('PATCH', `/Groups/${groups[0]?.id}`, { body: patchOf(join) });
}

export async function signInAndOut(world: SsoWorld): Promise<void> {
  const nameIdFormat = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
  const { client } = await world.signIn({ ...world.newPerson(), nameIdFormat });
  await client.signOut({});
}

/** Without a filter, with each of them, and on the next page. */
export async function readTrail(reader: Actor): Promise<void> {
  const audit = reader.client(AuditService);
  const [from, to] = [new Date(Date.now() - 3 * DAY_MS), new Date(Date.now() - 3 * DAY_MS + HOUR_MS)];
  for (const filter of [
    {},
    { eventType: AuditEventType.ROLE_CHANGED },
    { actorId: reader.userId },
    { startTime: timestampFromDate(from), endTime: timestampFromDate(to) },
    { eventClasses: [AuditEventClass.MANAGEMENT] },
  ]) {
    const { nextPageToken } = await audit.listAuditEvents({ ...filter, pageSize: 20 });
    if (nextPageToken) await audit.listAuditEvents({ ...filter, pageSize: 20, pageToken: nextPageToken });
  }
  const range = { startTime: timestampFromDate(from), endTime: timestampFromDate(to) };
  await audit.exportAuditTrail({ format: AuditExportFormat.JSON, ...range });
  await eventually('the trail is exported', async () => {
    const { exports } = await audit.listAuditExports({});
    return exports.every(({ status }) => status === PrivacyRequestStatus.COMPLETED);
  });
}

/** What is known about somebody, given out and then deleted. */
export async function forget(admin: Actor, { userId, email }: Actor): Promise<void> {
  const privacy = admin.client(PrivacyService);
  await privacy.exportUserData({ userId });
  await untilAllAreDone(admin);
  await privacy.getDataExistenceConfirmation({ userId });
  const { requestId } = await privacy.deleteUserData({ userId });
  await privacy.immediateDelete({ requestId, confirmationEmail: email });
  await untilAllAreDone(admin);
  const { nextPageToken } = await privacy.listPrivacyRequests({ pageSize: 20 });
  await privacy.listPrivacyRequests({ pageSize: 20, pageToken: nextPageToken });
  await privacy.listMyPrivacyRequests({ pageSize: 20 });
}

async function untilAllAreDone(admin: Actor): Promise<void> {
  await eventually(
    'the requests are completed',
    async () => {
      const { requests } = await admin.client(PrivacyService).listPrivacyRequests({ pageSize: 5 });
      return requests.every(({ status }) => status === PrivacyRequestStatus.COMPLETED);
    },
    60_000,
  );
}
