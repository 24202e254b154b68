import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { OutboundClient } from './outbound-client.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const strict = new OutboundClient({ allowedHosts: [] });
const refusal = { kind: 'unavailable', reason: 'OUTBOUND_REFUSED' };

describe('an address is refused', () => {
  test.each([
    'https://127.0.0.1/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0.0.0.0/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://localhost/',
    'https://metadata.google.internal.invalid/',
    'no address',
  ])('that is not public: %s', async (address) => {
    await expect(strict.get(address)).rejects.toMatchObject(refusal);
  });

  test('that has one private answer among public ones', async () => {
    const client = new OutboundClient({
      allowedHosts: [],
      lookup: () =>
        Promise.resolve([
          { address: '8.8.8.8', family: 4 },
          { address: '10.0.0.1', family: 4 },
        ]),
    });
    await expect(client.get('https://issuer.example/')).rejects.toMatchObject(refusal);
  });

  test('that has no answer', async () => {
    const client = new OutboundClient({ allowedHosts: [], lookup: () => Promise.resolve([]) });
    await expect(client.get('https://issuer.example/')).rejects.toMatchObject(refusal);
  });

  test('that is not https, unless the operator allows the host', async () => {
    const port = await serve((_request, response) => response.end('hello'));
    const address = `http://127.0.0.1:${port}/`;
    await expect(strict.get(address)).rejects.toMatchObject(refusal);
    for (const host of ['127.0.0.1', `127.0.0.1:${port}`]) {
      const response = await new OutboundClient({ allowedHosts: [host] }).get(address);
      expect(await response.text()).toBe('hello');
    }
    const elsewhere = new OutboundClient({ allowedHosts: ['127.0.0.1:1'] });
    await expect(elsewhere.get(address)).rejects.toMatchObject(refusal);
  });
});

test('the address that was checked is the one connected to, whatever the name says a moment later', async () => {
  const port = await serve((request, response) => response.end(request.headers.host));
  let lookups = 0;
  const client = new OutboundClient({
    allowedHosts: ['issuer.example'],
    lookup: () => {
      lookups += 1;
      // The second answer leads nowhere.
      return Promise.resolve([{ address: lookups === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
    },
  });
  const response = await client.get(`http://issuer.example:${port}/`);
  expect(await response.text()).toBe(`issuer.example:${port}`);
  expect(lookups).toBe(1);
});

test('a request carries its method, header fields and body, and the answer its type', async () => {
  const port = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, headers } = request;
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ method, accept: headers.accept, body: Buffer.concat(chunks).toString() }),
      );
    });
  });
  const client = new OutboundClient({ allowedHosts: ['127.0.0.1'] });
  const answer = await client.send(`http://127.0.0.1:${port}/token`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: 'grant_type=authorization_code',
  });
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(await answer.json()).toEqual({
    method: 'POST',
    accept: 'application/json',
    body: 'grant_type=authorization_code',
  });
});

test('a redirect is not followed', async () => {
  const visited: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    visited.push(request.url);
    response.writeHead(302, { location: '/inside' }).end();
  });
  const response = await new OutboundClient({ allowedHosts: ['127.0.0.1'] }).get(
    `http://127.0.0.1:${port}/outside`,
  );
  expect(response.status).toBe(302);
  expect(visited).toEqual(['/outside']);
});

test('an answer that is too large is refused, and one without a body is none', async () => {
  const port = await serve((request, response) => {
    if (request.url === '/nothing') response.writeHead(204).end();
    else response.end('x'.repeat(101));
  });
  const client = new OutboundClient({ allowedHosts: ['127.0.0.1'], maxBytes: 100 });
  await expect(client.get(`http://127.0.0.1:${port}/`)).rejects.toMatchObject(refusal);
  expect((await client.get(`http://127.0.0.1:${port}/nothing`)).status).toBe(204);
});

test('a server that is silent, or stops half-way, is given up on', async () => {
  const port = await serve((request, response) => {
    if (request.url === '/half') response.write('half');
  });
  const client = new OutboundClient({ allowedHosts: ['127.0.0.1'], timeoutMs: 50 });
  for (const path of ['/silent', '/half']) {
    await expect(client.get(`http://127.0.0.1:${port}${path}`)).rejects.toMatchObject(refusal);
  }
});

describe('a connection for another protocol', () => {
  const orgId = 'acme';

  test.each([
    '127.0.0.1',
    '::1',
    '::ffff:10.0.0.1',
    'localhost',
    '169.254.169.254',
    '0.0.0.0',
    '127.1',
    'a b',
    '',
  ])('is not opened to %j', async (host) => {
    await expect(strict.connect({ host, port: 25, orgId })).rejects.toMatchObject(refusal);
  });

  test('is opened to the address that was checked, whatever the name says a moment later', async () => {
    const port = await serve((_request, response) => response.end());
    const addresses = [{ address: '127.0.0.1', family: 4 }];
    const lookup = () => Promise.resolve(addresses.splice(0));
    const client = new OutboundClient({ allowedHosts: [`mx.example:${port}`], lookup });
    const socket = await client.connect({ host: 'mx.example', port, orgId });
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
    await expect(client.connect({ host: 'mx.example', port, orgId })).rejects.toMatchObject(refusal);
    await expect(client.connect({ host: 'mx.example', port: port + 1, orgId })).rejects.toMatchObject(
      refusal,
    );
  });

  test('is refused by a port that is closed, with the reason for the log', async () => {
    const client = new OutboundClient({ allowedHosts: ['127.0.0.1'] });
    const call = client.connect({ host: '127.0.0.1', port: 1, orgId });
    await expect(call).rejects.toMatchObject({ ...refusal, cause: { code: 'ECONNREFUSED' } });
  });
});
