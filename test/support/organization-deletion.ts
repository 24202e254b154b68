import { randomUUID } from 'node:crypto';
import { type Client, Code } from '@connectrpc/connect';
import { OrganizationDeletionService } from '@dovecote/contract/dovecote/organization/v1/deletion_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { type Actor, addMember, addOrganization, type TestOrganization } from './cast.js';
import { eventually } from './eventually.js';
import { refusalOf } from './refusal.js';
import type { TestDatabase } from './test-database.js';
import type { TestServer } from './test-server.js';

export const deletionsOf = (actor: Actor): Client<typeof OrganizationDeletionService> =>
  actor.client(OrganizationDeletionService);

/** As if the deletion had been requested some days earlier. */
export async function requestedEarlier(database: TestDatabase, orgId: string, days: number): Promise<void> {
  await database.query(
    `update organization_deletion
        set requested_at = requested_at - $2 * interval '1 day', due_at = due_at - $2 * interval '1 day',
            recorded_at = recorded_at - $2 * interval '1 day'
      where organization_id = $1`,
    [orgId, days],
  );
}

/** What a worker does every five minutes. */
export async function sweep(database: TestDatabase): Promise<void> {
  await database.query(`select graphile_worker.add_job('organization.sweep')`);
}

export const shut = { code: Code.FailedPrecondition, reason: 'ORGANIZATION_BEING_DELETED' };

export interface Doomed {
  org: TestOrganization;
  name: string;
  /** Its super admins. */
  sam: Actor;
  sue: Actor;
}

/** An organization that may go. */
export async function doomed(s: TestServer, name = `Doomed ${randomUUID().slice(0, 8)}`): Promise<Doomed> {
  const org = await addOrganization(s, name);
  const admin = (who: string) =>
    addMember(s, org, { email: `${who}-${randomUUID().slice(0, 8)}@doomed.example`, role: 'super_admin' });
  return { org, name, sam: await admin('sam'), sue: await admin('sue') };
}

export async function untilShut(actor: Actor): Promise<void> {
  await eventually('the caches have heard of it', async () => {
    const { reason } = await refusalOf(actor.client(RoleService).listRoles({}));
    return reason === shut.reason;
  });
}
