import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Mailer } from './index.js';
import { Scopes } from '../scope/index.js';
import { eventually } from '../../../test/support/eventually.js';
import { startTestServer, type TestServer } from '../../../test/support/test-server.js';

interface Captured {
  to: string;
  subject: string;
  text: string;
}

async function mailbox(server: TestServer, to: string): Promise<Captured[]> {
  const response = await fetch(`${server.url}/dev/mailbox?to=${encodeURIComponent(to)}`);
  return ((await response.json()) as { mail: Captured[] }).mail;
}

function send(server: TestServer, to: string, extra: { text?: string; notAfter?: Date } = {}): Promise<void> {
  const { app } = server.server;
  return app
    .get(Scopes, { strict: false })
    .run({ caller: { kind: 'system' }, requestId: 'spec' }, (scope) =>
      app
        .get(Mailer, { strict: false })
        .send(scope, { to, subject: 'Hello', text: 'secret words', ...extra }),
    );
}

describe('captured mail', () => {
  let s: TestServer;
  beforeAll(async () => {
    s = await startTestServer();
  });
  afterAll(() => s.stop());

  test('is readable in development, newest first, by recipient', async () => {
    await send(s, 'ann@example.com', { text: 'first' });
    await eventually('the first mail', async () => (await mailbox(s, 'ann@example.com')).length === 1);
    await send(s, 'ann@example.com', { text: 'second' });
    await send(s, 'ben@example.com', { text: 'other' });
    await eventually('all mail', async () => (await mailbox(s, '')).length === 3);
    expect((await mailbox(s, 'Ann@Example.com')).map(({ text }) => text)).toEqual(['second', 'first']);
  });

  test('is not readable in production', async () => {
    const production = await startTestServer({ env: { ENVIRONMENT: 'production' }, database: s.database });
    try {
      expect((await fetch(`${production.url}/dev/mailbox`)).status).toBe(404);
    } finally {
      await production.stop();
    }
  });
});

describe('mail by SMTP', () => {
  let smtp: TcpServer;
  let s: TestServer;
  const received: string[] = [];
  let refusals = 0;

  beforeAll(async () => {
    smtp = createServer((socket) => converse(socket));
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    const { port } = smtp.address() as AddressInfo;
    s = await startTestServer({
      env: {
        SMTP_URL: `smtp://127.0.0.1:${port}`,
        MAIL_FROM: 'Dovecote <no-reply@dove.example>',
        ROLE: 'all',
      },
    });
  });
  afterAll(async () => {
    await s.stop();
    smtp.close();
  });

  /** Just enough of a mail server: refuses while told so, keeps what it gets. */
  function converse(socket: Socket): void {
    let data: string | undefined;
    socket.write('220 spec ESMTP\r\n');
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (data !== undefined) {
        data += text;
        if (!data.endsWith('\r\n.\r\n')) return;
        received.push(data);
        data = undefined;
        socket.write('250 kept\r\n');
      } else if (/^DATA/i.test(text)) {
        data = '';
        socket.write('354 go on\r\n');
      } else if (/^MAIL/i.test(text) && refusals > 0) {
        refusals -= 1;
        socket.write('451 later\r\n');
      } else if (/^QUIT/i.test(text)) socket.end('221 bye\r\n');
      else socket.write('250 ok\r\n');
    });
    socket.on('error', () => undefined);
  }

  test('no captured mail can be read', async () => {
    expect((await fetch(`${s.url}/dev/mailbox`)).status).toBe(404);
  });

  test('waits in the queue without personal data, is tried again, and keeps its Message-ID', async () => {
    refusals = 1;
    await send(s, 'cleo@example.com');
    const [job] = await eventually('the failed attempt', async () => {
      const rows = await s.database.query<{ payload: { id: string } }>(
        `select payload from graphile_worker._private_jobs where last_error is not null`,
      );
      return rows.length > 0 && rows;
    });
    expect(JSON.stringify(job)).not.toMatch(/cleo|secret words|Hello/);
    await s.travel(60_000);
    await eventually('the mail', () => Promise.resolve(received.length === 1));
    expect(received[0]).toContain('To: cleo@example.com');
    expect(received[0]).toContain('secret words');
    expect(received[0]).toContain(`Message-ID: <${job?.payload.id}@dove.example>`);
  });

  test('is dropped once it is pointless', async () => {
    await send(s, 'late@example.com', { notAfter: new Date(0) });
    await send(s, 'dora@example.com');
    await eventually('the later mail', () =>
      Promise.resolve(received.some((mail) => mail.includes('dora@'))),
    );
    await eventually('an empty queue', async () => {
      const rows = await s.database.query('select from graphile_worker._private_jobs');
      return rows.length === 0;
    });
    expect(received.some((mail) => mail.includes('late@'))).toBe(false);
  });
});
