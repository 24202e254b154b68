import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { CampaignFeeds } from './modules/analytics/campaign-feed/index.js';
import { ProjectKeys, Projects } from './modules/analytics/project/index.js';
import { ApiKeys } from './modules/people/api-key/index.js';
import { type CreatedOrganization, Organizations } from './modules/people/organization/index.js';
import { PersonStore } from './modules/signin/auth/index.js';
import { organizationPermissions } from './platform/access/index.js';
import type { Caller } from './platform/caller/caller.js';
import { CONFIG } from './platform/config/config.module.js';
import type { Config } from './platform/config/index.js';
import { type Scope, Scopes } from './platform/scope/index.js';

/** What a newcomer finds: an organization, its admin, a key to call with, and a project that takes events, also those of campaigns. */
export interface Demonstration {
  organizationId: string;
  adminEmail: string;
  /** Undefined when its file was deleted: the database has only a hash. */
  apiKey?: string;
  /** The public key of the project, which the database has sealed; undefined when either was deleted. */
  projectKey?: string;
}

/** Always the same, so that it is found again, and made once by processes that start together. */
const organizationId = '019a9f00-0000-7000-8000-00000000ac3e';
const adminEmail = 'admin@acme.example';
/** `npm run demo` sends its visitors there. */
const projectName = 'Demo shop';

/** Creates the demo organization in an empty database; on later starts returns the existing one, if any. */
export async function seedDemonstration(app: INestApplicationContext): Promise<Demonstration | undefined> {
  const { dataDir } = app.get<Config>(CONFIG);
  const keyFile = join(dataDir, 'demo-api-key');
  const founded = (await isNew(app)) ? await createDemo(app) : undefined;
  if (founded) {
    const admin = callerOf(founded);
    await createProject(app, admin);
    await keep(keyFile, await createKey(app, admin));
  } else if (!(await exists(app))) return undefined;
  return { organizationId, adminEmail, apiKey: await read(keyFile), projectKey: await findProjectKey(app) };
}

function isNew(app: INestApplicationContext): Promise<boolean> {
  return act(app, { kind: 'system' }, async (scope) => !(await app.get(PersonStore).hasAny(scope)));
}

function exists(app: INestApplicationContext): Promise<boolean> {
  return act(app, { kind: 'system', orgId: organizationId }, (scope) => app.get(Organizations).exists(scope));
}

/** Undefined when another process was faster: its demonstration is as good. */
async function createDemo(app: INestApplicationContext): Promise<CreatedOrganization | undefined> {
  const organization = { id: organizationId, name: 'Acme Demo' };
  try {
    return await act(app, { kind: 'system' }, (scope) =>
      app.get(Organizations).createFor(scope, adminEmail, organization),
    );
  } catch (error) {
    if (await exists(app)) return undefined;
    throw error;
  }
}

/** The admin, because a caller cannot grant permissions that it does not hold. */
function callerOf({ admin }: CreatedOrganization): Caller {
  return {
    kind: 'member',
    orgId: admin.orgId,
    userId: admin.id,
    identityId: admin.identityId,
    email: admin.email,
    sessionId: '',
    roleSlug: admin.role.slug,
    permissions: new Set(admin.role.permissions),
  };
}

async function createProject(app: INestApplicationContext, admin: Caller): Promise<void> {
  await act(app, admin, async (scope) => {
    const project = await app.get(Projects).create(scope, { name: projectName });
    await app.get(ProjectKeys).create(scope, { projectId: project.id, family: 'public', name: 'Demo' });
    await app.get(CampaignFeeds).set(scope, project.id);
  });
}

async function createKey(app: INestApplicationContext, admin: Caller): Promise<string> {
  const key = { name: 'Demo', permissions: organizationPermissions, expiresAt: null, keyType: 0 };
  const { secret } = await act(app, admin, (scope) => app.get(ApiKeys).create(scope, key));
  return secret;
}

function findProjectKey(app: INestApplicationContext): Promise<string | undefined> {
  return act(app, { kind: 'system', orgId: organizationId }, async (scope) => {
    const project = (await app.get(Projects).list(scope)).find(({ name }) => name === projectName);
    if (!project) return undefined;
    const keys = await app.get(ProjectKeys).list(scope, project.id);
    return keys.find(({ key }) => key !== undefined)?.key;
  });
}

async function keep(file: string, apiKey: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${apiKey}\n`, { mode: 0o600 });
}

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return undefined;
  }
}

function act<T>(
  app: INestApplicationContext,
  caller: Caller,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  return app.get(Scopes).run({ caller, requestId: randomUUID() }, work);
}
