import type { DescService } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import { generateApiKey, generateProjectKey, type ProjectKeyFamily } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { OrganizationSeeding, Organizations } from '../../src/modules/people/organization/index.js';
import { findFixture } from '../../src/modules/people/organization/fixtures/index.js';
import { seededRoles } from '../../src/modules/people/role/role.rules.js';
import { organizationPermissions } from '../../src/platform/access/index.js';
import { AccessTokens, type AccessTokenSubject } from '../../src/platform/caller/access-tokens.js';
import { Clock } from '../../src/platform/clock/clock.js';
import { Scopes } from '../../src/platform/scope/index.js';
import type { TestServer } from './test-server.js';

/** Somebody who calls: named in the specs, so that a test reads as a story. */
export interface Actor {
  readonly orgId: string;
  /** The member's id; the key's id for an API key. */
  readonly userId: string;
  readonly identityId: string;
  readonly sessionId: string;
  readonly email: string;
  /** What to send to be this caller. */
  readonly headers: { authorization: string; 'x-org-id'?: string };
  /** `more`: further headers. */
  client<S extends DescService>(service: S, more?: Readonly<Record<string, string>>): Client<S>;
}

export interface TestOrganization {
  readonly id: string;
  /** Ids of the seeded roles by slug. */
  readonly roles: Record<'super_admin' | 'admin' | 'manager' | 'employee', string>;
}

/** A program with the key of a project. */
export interface ProjectActor {
  readonly keyId: string;
  readonly key: string;
  /** What to send to be this caller: as the contract has it in which the key is used. */
  readonly headers: Readonly<Record<string, string>>;
  client<S extends DescService>(service: S): Client<S>;
}

export interface TestProject {
  readonly id: string;
  readonly number: number;
  readonly orgId: string;
  readonly keys: Readonly<Record<ProjectKeyFamily, ProjectActor>>;
}

export interface Cast {
  readonly acme: TestOrganization;
  readonly other: TestOrganization;
  /** project of Acme */
  readonly site: TestProject;
  /** project of Other */
  readonly otherSite: TestProject;
  /** super_admin of Acme */
  readonly alice: Actor;
  /** manager of Acme */
  readonly max: Actor;
  /** employee of Acme */
  readonly erin: Actor;
  /** API key of Acme with every permission of an organization */
  readonly kiosk: Actor;
  /** super_admin of Other */
  readonly mallory: Actor;
}

/** Calls a service as the member, in the project. */
export function inProject<S extends DescService>(
  who: Actor,
  project: Pick<TestProject, 'id'>,
  service: S,
): Client<S> {
  return who.client(service, { 'x-project-id': project.id });
}

/** Fills the server's database with two organizations and their people. */
export async function seedCast(server: TestServer): Promise<Cast> {
  const acme = await addOrganization(server, 'Acme');
  const other = await addOrganization(server, 'Other');
  const tag = acme.id.slice(-6);
  return {
    acme,
    other,
    site: await addProject(server, acme, 'Site'),
    otherSite: await addProject(server, other, 'Site'),
    alice: await addMember(server, acme, { email: `alice-${tag}@acme.example`, role: 'super_admin' }),
    max: await addMember(server, acme, { email: `max-${tag}@acme.example`, role: 'manager' }),
    erin: await addMember(server, acme, { email: `erin-${tag}@acme.example`, role: 'employee' }),
    kiosk: await addApiKey(server, acme, organizationPermissions),
    mallory: await addMember(server, other, { email: `mallory-${tag}@other.example`, role: 'super_admin' }),
  };
}

export async function addOrganization(server: TestServer, name: string): Promise<TestOrganization> {
  const id = uuid();
  await server.database.query('insert into organization (id, name, created_at) values ($1, $2, $3)', [
    id,
    name,
    new Date(),
  ]);
  const roles: Record<string, string> = {};
  for (const role of seededRoles) {
    roles[role.slug] = uuid();
    await server.database.query(
      `insert into role (org_id, id, slug, name, name_key, is_default, is_system, permissions, created_at)
       values ($1, $2, $3, $4, lower($4), true, $5, $6, $7)`,
      [id, roles[role.slug], role.slug, role.name, role.isSystem, role.permissions, new Date()],
    );
  }
  await seed(server, id);
  // seededRoles holds exactly the four slugs.
  return { id, roles: roles };
}

/** What modules contribute to the founding of every organization, and nothing that a fixture adds. */
async function seed({ server: { app } }: TestServer, orgId: string): Promise<void> {
  const origin = { caller: { kind: 'system', orgId }, requestId: 'cast' } as const;
  const fixture = findFixture('empty');
  if (!fixture) throw new Error('No fixture is called empty.');
  await app.get(Scopes, { strict: false }).run(origin, async (scope) => {
    const organization = await app.get(Organizations, { strict: false }).get(scope);
    await app.get(OrganizationSeeding, { strict: false }).seed(scope, organization, { fixture, adminId: '' });
  });
}

export interface NewMember {
  email: string;
  role: keyof TestOrganization['roles'];
  name?: string;
  status?: UserStatus;
}

/** A member with a live session. */
export async function addMember(
  server: TestServer,
  organization: TestOrganization,
  member: NewMember,
): Promise<Actor> {
  const { email, role, name = email.split('@')[0], status = UserStatus.ACTIVE } = member;
  const userId = uuid();
  const [identity] = await server.database.query<{ id: string }>(
    `insert into identity (id, email, created_at) values ($1, $2, $3)
     on conflict (email) do update set email = excluded.email returning id`,
    [uuid(), email, new Date()],
  );
  const identityId = identity?.id ?? '';
  const now = new Date();
  const joinedAt = status === UserStatus.ACTIVE ? now : null;
  await server.database.query(
    `insert into member
       (org_id, id, identity_id, email, name, status, role_id, created_at, updated_at, joined_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)`,
    [organization.id, userId, identityId, email, name, status, organization.roles[role], now, joinedAt],
  );
  return addSession(server, { orgId: organization.id, userId, identityId, email });
}

/** A member who is there already, with a new session. */
export async function addSession(
  server: TestServer,
  member: Pick<Actor, 'orgId' | 'userId' | 'identityId' | 'email'>,
): Promise<Actor> {
  const { orgId, identityId, email } = member;
  const sessionId = uuid();
  await server.database.query(
    `insert into session (id, identity_id, created_at, last_used_at, expires_at)
     values ($1, $2, now(), now(), now() + interval '30 days')`,
    [sessionId, identityId],
  );
  const credential = await freshToken(server, { identityId, sessionId, email, orgId });
  return actor(server, { ...member, sessionId }, credential);
}

/** As a person would who signs in again for what needs it. */
const RENEWED_AFTER_MS = 9 * 60_000;

/** A token that is renewed when a spec moves the clock past its end, as a client would. */
async function freshToken(server: TestServer, subject: AccessTokenSubject): Promise<() => Promise<string>> {
  const tokens = server.server.app.get(AccessTokens, { strict: false });
  const clock = server.server.app.get(Clock, { strict: false });
  let provenAt = clock.now().getTime();
  // A promise: of many who ask at once, none gets the former one.
  let issued = tokens.issue({ ...subject, provenAt });
  return async () => {
    const now = clock.now().getTime();
    if (now - provenAt >= RENEWED_AFTER_MS) {
      provenAt = now;
      issued = tokens.issue({ ...subject, provenAt });
    }
    return (await issued).token;
  };
}

export async function addApiKey(
  server: TestServer,
  organization: TestOrganization,
  permissions: readonly number[],
): Promise<Actor> {
  const key = generateApiKey('pidgr_k_');
  const id = uuid();
  await server.database.query(
    `insert into api_key (org_id, id, name, key_type, key_hash, key_prefix, last_four, permissions, created_at)
     values ($1, $2, 'kiosk', 1, $3, $4, $5, $6, $7)`,
    [organization.id, id, key.hash, key.displayPrefix, key.lastFour, permissions, new Date()],
  );
  return actor(server, { orgId: organization.id, userId: id, identityId: '', sessionId: '', email: '' }, () =>
    Promise.resolve(key.secret),
  );
}

const projectKeyFamilies = ['sdk', 'shared', 'public', 'private'] as const;

/** A project with a key of each family. */
export async function addProject(
  server: TestServer,
  organization: TestOrganization,
  name: string,
): Promise<TestProject> {
  const id = uuid();
  const orgId = organization.id;
  const [row] = await server.database.query<{ number: number }>(
    `insert into project (org_id, id, name, name_key) values ($1, $2, $3, lower($3)) returning number`,
    [orgId, id, name],
  );
  const keys: Partial<Record<ProjectKeyFamily, ProjectActor>> = {};
  for (const family of projectKeyFamilies) keys[family] = await addProjectKey(server, { orgId, id }, family);
  // The loop has filled it.
  return { id, number: row?.number ?? 0, orgId, keys: keys as TestProject['keys'] };
}

export async function addProjectKey(
  server: TestServer,
  project: Pick<TestProject, 'id' | 'orgId'>,
  family: ProjectKeyFamily,
): Promise<ProjectActor> {
  const { secret, hash, lastFour } = generateProjectKey(family);
  const keyId = uuid();
  await server.database.query(
    `insert into project_key (org_id, project_id, id, family, key_hash, last_four)
     values ($1, $2, $3, $4, $5, $6)`,
    [project.orgId, project.id, keyId, family, hash, lastFour],
  );
  const headers: Record<string, string> =
    family === 'public' || family === 'private'
      ? { 'x-api-key': secret }
      : { authorization: `Bearer ${secret}`, 'x-project-id': project.id };
  return { keyId, key: secret, headers, client: (service) => server.client(service, headers) };
}

async function actor(
  server: TestServer,
  ids: Omit<Actor, 'headers' | 'client'>,
  credential: () => Promise<string>,
): Promise<Actor> {
  const authorization = async (): Promise<string> => `Bearer ${await credential()}`;
  return {
    ...ids,
    headers: { authorization: await authorization() },
    client: (service, more = {}) => server.client(service, { authorization, ...more }),
  };
}
