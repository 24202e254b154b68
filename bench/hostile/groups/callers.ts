import { deepJson, KiB, MiB, repeated } from '../bytes.js';
import type { Group, HostileRequest } from '../request.js';
import { connectCall } from '../wire.js';
import { createTemplate, type World } from './world.js';

const LEVELS = 2_000_000;
/** Headers of 16 KiB are read, at 32 bytes a field beside its text; some are there already. */
const FIELDS = 350;

/** Whoever is refused by the header: the body is as bad as can be, and must not matter. */
export function callers({ apiKey, expired }: World): Group[] {
  const deep = (): string => deepJson('variables', LEVELS);
  const call = (name: string, headers: Record<string, string>, path = createTemplate): HostileRequest =>
    connectCall(name, path, 'json', deep, { gzip: true, headers });
  const many = Object.fromEntries(Array.from({ length: FIELDS }, (_, index) => [`x${index}`, '1']));
  return [
    {
      title: 'Requests refused by their header; the body is JSON of 2 million levels, 4 KB in gzip',
      requests: [
        call('nobody', {}),
        connectCall('nobody, not compressed', createTemplate, 'json', deep),
        connectCall(
          'nobody, 2 million binary fields',
          createTemplate,
          'proto',
          () => repeated([0x28, 1], LEVELS),
          {
            gzip: true,
          },
        ),
        call('an API key that is none', { authorization: 'Bearer pidgr_k_nothing' }),
        call('a token that is none', { authorization: 'Bearer a.b.c' }),
        call('a token of 12 KiB that is none', { authorization: `Bearer ${'a'.repeat(12 * KiB)}` }),
        call('a token of ours with another signature', { authorization: forged(expired) }),
        call('a token of ours that is over', { authorization: expired }),
        call('an organization of somebody else', { authorization: apiKey, 'x-org-id': crypto.randomUUID() }),
        call(`${FIELDS} headers`, many),
        call('a header list over the bound', { 'x-long': 'a'.repeat(17 * KiB) }),
        call('an unknown method', { authorization: apiKey }, '/pidgr.v1.TemplateService/Nothing'),
        call('an unknown service', { authorization: apiKey }, '/nobody.v1.Nothing/Nothing'),
        {
          ...call('an unknown path', {}, '/nothing'),
          headers: { 'content-type': 'text/plain' },
          body: () => Buffer.alloc(4 * MiB),
        },
        call('an unknown content type', { authorization: apiKey, 'content-type': 'text/plain' }),
        call('an unknown compression', { authorization: apiKey, 'content-encoding': 'zebra' }),
        call('a timeout that is none', { authorization: apiKey, 'connect-timeout-ms': 'soon' }),
      ],
    },
  ];
}

/** With the last sign of the signature changed. */
function forged(token: string): string {
  return token.slice(0, -8) + (token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA');
}
