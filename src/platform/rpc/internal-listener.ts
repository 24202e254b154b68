import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ListenOptions, TlsOptions } from '@dovecote/rpc';
import type { PinoLogger } from 'nestjs-pino';
import { canonicalName, type Config } from '../config/index.js';

/** Where siblings call, if anywhere: with certificates, or in clear text on this machine. */
export async function internalListener(
  { internal }: Config,
  log: PinoLogger,
): Promise<(ListenOptions & { host: string }) | undefined> {
  const { listener, tls } = internal;
  if (!listener) return undefined;
  return { ...listener, tls: tls ? await mutualTls(tls, internal.clients, log) : false };
}

async function mutualTls(
  files: NonNullable<Config['internal']['tls']>,
  clients: readonly string[],
  log: PinoLogger,
): Promise<TlsOptions> {
  const admit = ({ subject }: X509Certificate): boolean => {
    const listed = clients.includes(canonicalName(subject));
    if (!listed) log.warn({ subject }, 'refused a certificate that INTERNAL_CLIENTS does not name');
    return listed;
  };
  const [cert, key, ca] = await Promise.all([
    readFile(files.certFile),
    readFile(files.keyFile),
    readFile(files.caFile),
  ]);
  return { cert, key, clients: { ca, admit } };
}
