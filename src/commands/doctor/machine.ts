import { mkdir, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createClient } from 'redis';
import { type Config, isLoopback } from '../../platform/config/index.js';
import { findRunning } from '../../platform/database/embedded/index.js';
import type { Finding } from './finding.js';
import { examine, fail, ok, warn } from './finding.js';

const littleBytes = 2 ** 30;
const noBytes = 2 ** 27;

/** What does not need the database. */
export async function examineMachine(config: Config): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    examine('runtime', '', () => Promise.resolve(ok('runtime', `Node ${process.version}`))),
    examine('port', 'Choose another PORT, or an address of this machine as HOST.', () => examinePort(config)),
    examine('disk', 'Set DATA_DIR to a folder that this user can write.', () => examineDisk(config)),
    examine('master key', 'See "dovecote config" for MASTER_KEY.', () => examineMasterKeyFile(config)),
    examine('redis', 'Start Redis or correct REDIS_URL.', () => examineRedis(config)),
  ]);
  return [...findings.flat(), ...examineExposure(config)];
}

async function examinePort({ http, database, dataDir }: Config): Promise<Finding> {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const probe = createServer().once('error', resolve);
    probe.listen(http.port, http.host, () => probe.close(() => resolve(undefined)));
  });
  if (error === undefined) return ok('port', `${http.host}:${http.port} is free`);
  if (error.code !== 'EADDRINUSE') throw error;
  const holder = database.url === undefined ? await findRunning(dataDir) : undefined;
  if (holder !== undefined)
    return ok('port', `${http.host}:${http.port} is used by Dovecote (process ${holder})`);
  return warn(
    'port',
    `${http.host}:${http.port} is in use`,
    'Fine if Dovecote runs there; else choose another PORT.',
  );
}

async function examineDisk({ dataDir }: Config): Promise<Finding> {
  await mkdir(dataDir, { recursive: true });
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const text = `${(free / 2 ** 30).toFixed(1)} GiB free in ${dataDir}`;
  if (free < noBytes) return fail('disk', text, 'Free disk space: the database stops when the disk is full.');
  return free < littleBytes ? warn('disk', text, 'Make room soon.') : ok('disk', text);
}

async function examineMasterKeyFile({ masterKey, dataDir }: Config): Promise<Finding> {
  if (masterKey !== undefined) return ok('master key', 'set by MASTER_KEY');
  const file = join(dataDir, 'master.key');
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return ok('master key', 'will be created at the first start');
  if ((found.mode & 0o077) !== 0)
    return warn('master key', `${file} can be read by others`, `chmod 600 ${file}`);
  return ok('master key', `${file}; keep a copy of it with your backups`);
}

async function examineRedis({ redis }: Config): Promise<Finding> {
  if (redis.url === undefined) return ok('redis', 'not configured: rate limits are counted per process');
  const client = createClient({
    url: redis.url,
    socket: { connectTimeout: 5_000, reconnectStrategy: false },
  });
  // Without a listener, a lost connection would end the process; the rejected call tells us.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
    return ok('redis', 'answers');
  } finally {
    if (client.isOpen) client.destroy();
  }
}

/** Settings that are right on a developer's machine and wrong on the internet. */
function examineExposure({ environment, http, mail }: Config): readonly Finding[] {
  if (environment !== 'production') return [examineDevelopment(http.host)];
  const findings = [ok('environment', 'production')];
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(http.publicUrl).hostname);
  if (local) findings.push(warn('public url', http.publicUrl, 'Set PUBLIC_URL to what clients use.'));
  findings.push(examineLinks(http));
  if (mail.smtpUrl === undefined) {
    findings.push(warn('mail', 'captured, not sent: members cannot sign in by e-mail code', 'Set SMTP_URL.'));
  }
  return findings;
}

/** Without APP_URL, links in mails lead to the pages of this server. */
function examineLinks({ appUrl, publicUrl }: Config['http']): Finding {
  return appUrl === publicUrl
    ? ok(
        'app url',
        `${appUrl}: links in mails lead to the pages of this server; set APP_URL if there is an application`,
      )
    : ok('app url', `${appUrl}: links in mails lead there`);
}

function examineDevelopment(host: string): Finding {
  if (isLoopback(host)) return ok('environment', 'development');
  return warn(
    'environment',
    `development on ${host}: other machines reach the demo organization`,
    'Set ENVIRONMENT=production, or a loopback address as HOST.',
  );
}
