import { lookup } from 'node:dns/promises';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type NameServer, startNameServer } from '../../../test/support/name-server.js';
import { NameLookup } from './name-lookup.js';
import { OutboundClient } from './outbound-client.js';

const refusal = { kind: 'unavailable', reason: 'OUTBOUND_REFUSED' };
/** What a tenant's name server may take in these tests: far longer than a request. */
const LATE_MS = 20_000;

let server: NameServer;
let names: NameLookup;

beforeAll(async () => {
  server = await startNameServer();
  const hostsFile = join(mkdtempSync(join(tmpdir(), 'hosts-')), 'hosts');
  writeFileSync(
    hostsFile,
    '# of the operator\n10.9.8.7  pinned.example Pinned2.example # two\n::1 six.example\n',
  );
  names = new NameLookup({ servers: [server.address], hostsFile });
  server.addresses.set('public.example', '8.8.8.8');
  server.addresses.set('private.example', '10.0.0.1');
  for (let index = 0; index < 40; index += 1) server.delays.set(`late-${index}.example`, LATE_MS);
});

afterAll(async () => {
  await server?.stop();
});

const addressesOf = async (name: string) =>
  (await names.addresses(name, AbortSignal.timeout(20_000))).map(({ address }) => address);

describe('a name stands for', () => {
  test.each([
    ['public.example', ['8.8.8.8']],
    ['PUBLIC.example.', ['8.8.8.8']],
    ['pinned.example', ['10.9.8.7']],
    ['pinned2.example', ['10.9.8.7']],
    ['six.example', ['::1']],
    ['localhost', ['127.0.0.1', '::1']],
    ['a.localhost.', ['127.0.0.1', '::1']],
    ['8.8.4.4', ['8.8.4.4']],
    ['2606:4700::1', ['2606:4700::1']],
  ])('%s: %j', async (name, expected) => expect(await addressesOf(name)).toEqual(expected));

  test('nothing, when nobody knows it', () =>
    expect(addressesOf('nobody.example')).rejects.toMatchObject({ code: 'ENOTFOUND' }));
});

describe('a request', () => {
  const get = (client: OutboundClient, host: string, orgId?: string) => client.get(`https://${host}/`, orgId);

  test.each(['private.example', 'pinned.example', 'localhost', 'a.localhost', 'six.example'])(
    'does not go to %s',
    (host) =>
      expect(get(new OutboundClient({ allowedHosts: [], names }), host)).rejects.toMatchObject(refusal),
  );

  test('ends in its time, however late its name server is, and whoever waits for a turn with it', async () => {
    const client = new OutboundClient({ allowedHosts: [], names, timeoutMs: 400 });
    const begun = performance.now();
    const hosts = [...server.delays.keys()];
    const outcomes = await Promise.allSettled(hosts.map((host) => get(client, host, 'acme')));
    expect(outcomes.map(({ status }) => status)).toEqual(hosts.map(() => 'rejected'));
    expect(performance.now() - begun).toBeLessThan(LATE_MS / 4);
  });

  test('keeps neither another organization nor the system waiting', async () => {
    const client = new OutboundClient({ allowedHosts: [], names, timeoutMs: LATE_MS / 4 });
    const quick = new OutboundClient({
      allowedHosts: [],
      names: new NameLookup({ servers: [server.address] }),
    });
    const hosts = [...server.delays.keys()];
    const late = hosts.map((host) => get(client, host, 'acme').catch(() => 'refused'));
    const begun = performance.now();
    // Refused for its address: by then its name has been looked up.
    await expect(get(client, 'private.example', 'other')).rejects.toMatchObject(refusal);
    await expect(get(quick, 'private.example')).rejects.toMatchObject(refusal);
    await lookup('localhost');
    expect(performance.now() - begun).toBeLessThan(LATE_MS / 5);
    expect(await Promise.race([...late, Promise.resolve('waiting')])).toBe('waiting');
    await Promise.all(late);
  });
});
