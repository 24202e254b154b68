import { createHmac } from 'node:crypto';
import { Client } from 'pg';
import {
  appRole,
  type AppRoleFacts,
  planAppRole,
  refuseConfiguredRole,
  refusePlan,
  type RoleAttributes,
} from './app-role.rules.js';
import type { Obstacle } from './obstacle.js';

export { appRole } from './app-role.rules.js';

/** The connection of the server: under a role that it creates, or that the operator has created. */
export interface AppConnection {
  readonly url: string;
  /** DATABASE_APP_URL is set: the role is the operator's, and is not altered. */
  readonly configured: boolean;
}

/** Every process derives the same password from the master key, so none has to be handed around. */
export function appRolePassword(masterKey: Buffer): string {
  return createHmac('sha256', masterKey).update('database role dovecote_app').digest('base64url');
}

/** The connection URL of the app role on the database that `ownerUrl` names. */
export function appUrl(ownerUrl: string, masterKey: Buffer): string {
  const url = new URL(ownerUrl);
  url.username = appRole;
  url.password = appRolePassword(masterKey);
  return url.toString();
}

export function roleOf({ url }: AppConnection): string {
  return decodeURIComponent(new URL(url).username);
}

/** What stops the role from serving and cannot be changed by the owner. */
export async function appRoleObstacle(owner: Client, app: AppConnection): Promise<Obstacle | undefined> {
  const facts = await readFacts(owner, app);
  return app.configured ? refuseConfiguredRole(facts) : refusePlan(facts, planAppRole(facts));
}

/** Creates the app role if it is missing, and alters it where it differs from what the server needs. */
export async function ensureAppRole(owner: Client, app: AppConnection): Promise<void> {
  if (app.configured) return;
  // Roles belong to the whole cluster: two databases that migrate at once must not race.
  await owner.query('select pg_advisory_lock(7263540)');
  try {
    const plan = planAppRole(await readFacts(owner, app));
    if (!plan) return;
    const password = decodeURIComponent(new URL(app.url).password);
    const options = [
      ...plan.options,
      ...(plan.setsPassword ? [`password ${owner.escapeLiteral(password)}`] : []),
    ];
    await owner.query(`${plan.statement} role ${owner.escapeIdentifier(roleOf(app))} ${options.join(' ')}`);
  } finally {
    await owner.query('select pg_advisory_unlock(7263540)');
  }
}

/** Gives the role the password that follows from the key. In a transaction. */
export async function setAppRolePassword(owner: Client, masterKey: Buffer): Promise<void> {
  const password = owner.escapeLiteral(appRolePassword(masterKey));
  await owner.query(`alter role ${appRole} password ${password}`);
}

async function readFacts(owner: Client, app: AppConnection): Promise<AppRoleFacts> {
  const role = roleOf(app);
  const attributes = await readAttributes(owner, role);
  return {
    role,
    attributes,
    signInRefusal: attributes && (await signInRefusal(app)),
    otherDatabases: await readOtherDatabases(owner, role),
    owner: await readOwner(owner, role),
  };
}

async function readAttributes(owner: Client, role: string): Promise<RoleAttributes | undefined> {
  const { rows } = await owner.query<RoleAttributes>(
    `select rolsuper as superuser, rolbypassrls as "bypassesRowSecurity", rolcreaterole as "createsRoles",
            rolcreatedb as "createsDatabases", rolcanlogin as "maySignIn"
       from pg_roles where rolname = $1`,
    [role],
  );
  return rows[0];
}

async function readOtherDatabases(owner: Client, role: string): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select distinct d.datname as name
       from pg_shdepend s join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.refobjid
      where s.refclassid = 'pg_authid'::regclass and r.rolname = $1 and d.datname <> current_database()
      order by 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}

async function readOwner(owner: Client, role: string): Promise<AppRoleFacts['owner']> {
  const { rows } = await owner.query<AppRoleFacts['owner']>(
    `select o.rolname as name, o.rolsuper as superuser, o.rolcreaterole as "createsRoles",
            current_setting('server_version_num')::int < 160000
              or coalesce(pg_has_role(o.oid, r.oid, 'member with admin option'), false) as "administersRole"
       from pg_roles o left join pg_roles r on r.rolname = $1 where o.rolname = current_user`,
    [role],
  );
  const [found] = rows;
  if (!found) throw new Error('PostgreSQL does not list the current user among its roles.');
  return found;
}

/** The only way to learn whether a password holds. Undefined when the role can sign in. */
async function signInRefusal({ url, configured }: AppConnection): Promise<string | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    // Signed in, and not yet admitted to the database: the grants follow.
    if (code === '42501') return undefined;
    if (configured || code.startsWith('28')) return message;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
