import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { probeRenderProcess } from '../../modules/messaging/render/index.js';
import type { Config } from '../../platform/config/index.js';
import { examine, fail, type Finding, ok, warn } from './finding.js';

const soonMs = 14 * 24 * 3600 * 1000;

/** How this process and its siblings know and reach each other. */
export async function examineSiblings({ internal, render }: Config): Promise<readonly Finding[]> {
  const { tls } = internal;
  const { url } = render;
  const findings = await Promise.all([
    tls
      ? examine('certificate', 'Correct INTERNAL_TLS_CERT_FILE and its companions.', () => examineFiles(tls))
      : [],
    url === undefined
      ? [ok('render', `in this process, ${render.threads} threads`)]
      : examine(
          'render',
          'Start "dovecote render" there, or correct RENDER_URL and the identities.',
          async () => {
            await probeRenderProcess(url, internal);
            return ok('render', `${url} answers`);
          },
        ),
  ]);
  return findings.flat();
}

async function examineFiles(files: NonNullable<Config['internal']['tls']>): Promise<Finding> {
  const [cert, key, ca] = await Promise.all([
    readFile(files.certFile),
    readFile(files.keyFile),
    readFile(files.caFile),
  ]);
  // Throws when key and certificate do not belong together.
  createSecureContext({ cert, key, ca });
  const { subject, validTo } = new X509Certificate(cert);
  const left = Date.parse(validTo) - Date.now();
  const text = `${subject.replaceAll('\n', ', ')}, until ${validTo}`;
  if (left <= 0) return fail('certificate', text, 'It has expired: renew it and restart.');
  return left < soonMs ? warn('certificate', text, 'Renew it and restart.') : ok('certificate', text);
}
