import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { startProgram } from './program.js';

const version = readFileSync(join(import.meta.dirname, 'keycloak/version'), 'utf8').trim();
const home = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), `dovecote/keycloak-${version}`);
const passwordFile = join(home, 'admin-password');

/** The realm of the specs. */
const REALM = 'acme';
const KEY_PROVIDER = 'org.keycloak.keys.KeyProvider';

export const people = {
  anna: { username: 'anna', password: 'correct horse', firstName: 'Anna', lastName: 'Berg' },
  ben: { username: 'ben', password: 'battery staple', firstName: 'Ben', lastName: 'Holm' },
  zoe: { username: 'zoe', password: 'paper clip', firstName: 'Zoe', lastName: 'Lind' },
} as const;

/** A Keycloak with one realm, and its administration. */
export interface Keycloak {
  readonly host: string;
  /** The realm's URL, which is its issuer and its entity id as well. */
  readonly realm: string;
  /** Calls the administration of the realm; answers what it says, if anything. */
  admin<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** A key of its own, with which it signs from now on. */
  changeKey(): Promise<void>;
  stop(): Promise<void>;
}

/** Why it cannot run here, if so. */
export function whyNoKeycloak(): string | undefined {
  if (spawnSync('java', ['-version']).error) return 'no java';
  return existsSync(passwordFile) ? undefined : 'no keycloak; scripts/real-components.sh fetches it';
}

export async function startKeycloak(): Promise<Keycloak> {
  const folder = await mkdtemp(join(tmpdir(), 'dovecote-keycloak-'));
  // One that has its tables: to make them takes longer than all of the specs.
  await cp(join(home, 'data/h2'), folder, { recursive: true });
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const program = await startProgram(
    join(home, 'bin/kc.sh'),
    [
      'start',
      '--optimized',
      '--cache=local',
      `--db-url=jdbc:h2:file:${join(folder, 'keycloakdb')};NON_KEYWORDS=VALUE`,
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      `--hostname=http://${host}`,
    ],
    'Listening on',
    { env: { JAVA_OPTS: '-Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1' }, timeoutMs: 110_000 },
  );
  const stop = async (): Promise<void> => {
    await program.stop();
    await rm(folder, { recursive: true });
  };
  try {
    return await prepare(host, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepare(host: string, stop: () => Promise<void>): Promise<Keycloak> {
  const base = `http://${host}`;
  const password = await readFile(passwordFile, 'utf8');

  async function token(): Promise<string> {
    const response = await fetch(`${base}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'admin-cli',
        username: 'admin',
        password,
      }),
    });
    const { access_token: accessToken } = (await response.json()) as { access_token: string };
    return accessToken;
  }

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    // What it takes beside JSON is XML.
    const isXml = typeof body === 'string';
    const response = await fetch(`${base}/admin/realms${path}`, {
      method,
      headers: {
        // Of each call anew: its access tokens live a minute.
        authorization: `Bearer ${await token()}`,
        'content-type': isXml ? 'application/xml' : 'application/json',
      },
      body: isXml ? body : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keycloak answers ${method} ${path} with ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  await call('POST', '', realmOf());
  const { id: realmId } = await call<{ id: string }>('GET', `/${REALM}`);
  let keys = 0;
  return {
    host,
    realm: `${base}/realms/${REALM}`,
    admin: (method, path, body) => call(method, `/${REALM}${path}`, body),
    async changeKey() {
      keys += 1;
      await call('POST', `/${REALM}/components`, {
        ...rsaKey(`later-${keys}`, 100 + keys),
        providerType: KEY_PROVIDER,
        parentId: realmId,
      });
    },
    stop,
  };
}

/** With as few keys as it can do with: each takes its time. */
function realmOf(): Record<string, unknown> {
  return {
    realm: REALM,
    enabled: true,
    sslRequired: 'none',
    groups: [{ name: 'leads' }],
    users: Object.values(people).map(({ password, ...person }) => ({
      ...person,
      email: `${person.username}@${person.username === 'zoe' ? 'elsewhere.example' : 'acme.example'}`,
      emailVerified: true,
      enabled: true,
      groups: ['/leads'],
      credentials: [{ type: 'password', value: password, temporary: false }],
    })),
    passwordPolicy: 'hashAlgorithm(pbkdf2-sha256) and hashIterations(1)',
    components: { [KEY_PROVIDER]: [rsaKey('first', 100)] },
  };
}

/** The one of the highest priority signs. */
function rsaKey(name: string, priority: number): Record<string, unknown> {
  return { name, providerId: 'rsa-generated', config: { priority: [String(priority)] } };
}
