import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { seedCast } from '../../support/cast.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';
import { EchoServer } from './echo-server.js';

/** A first build compiles the libraries of the other language too. */
const BUILD_MS = 300_000;

/** Where a client that we did not write finds the servers, and who it may be. */
export interface Servers {
  /** host:port */
  readonly product: string;
  readonly echo: string;
  readonly apiKey: string;
  readonly token: string;
}

/** What a client saw; each program makes the same calls and prints this as JSON. */
export interface Sights {
  keyRoles: number;
  tokenRoles: number;
  refusedCode: number;
  refusedReason: string;
  invalidCode: number;
  invalidFields: string[];
  deadlineCode: number;
  echoText: string;
  echoHeader: string;
  echoTrailer: string;
  stream: number[];
  streamHeader: string;
  streamTrailer: string;
  health: string;
}

export interface ForeignClient {
  readonly name: string;
  /** Why it cannot run here, if so. */
  readonly missing: string | undefined;
  /** Builds it and lets it make its calls. */
  look(servers: Servers): Promise<Sights>;
}

/** Runs the client against a real server and the echo service, and checks what it saw. */
export function describeForeignClient({ name, missing, look }: ForeignClient): void {
  if (missing) console.log(`skipped: ${missing}`);
  const echo = new EchoServer();
  let server: TestServer;
  let seen: Sights;

  (missing ? describe.skip : describe)(name, () => {
    beforeAll(async () => {
      server = await startTestServer({ env: { ROLE: 'api' } });
      const { kiosk, alice } = await seedCast(server);
      await echo.start();
      const secretOf = (headers: { authorization: string }) => headers.authorization.replace('Bearer ', '');
      seen = await look({
        product: server.url.replace('http://', ''),
        echo: `127.0.0.1:${echo.port}`,
        apiKey: secretOf(kiosk.headers),
        token: secretOf(alice.headers),
      });
    }, BUILD_MS);
    afterAll(async () => {
      await echo.stop();
      await server?.stop();
    });

    test('is refused without a credential, and decodes why', () => {
      expect(seen).toMatchObject({ refusedCode: Code.Unauthenticated, refusedReason: 'CREDENTIAL_MISSING' });
    });

    test('is told the fields that are wrong', () => {
      expect(seen).toMatchObject({
        invalidCode: Code.InvalidArgument,
        invalidFields: ['name', 'permissions'],
      });
    });

    test('ends at its deadline', () => {
      expect(seen.deadlineCode).toBe(Code.DeadlineExceeded);
    });

    test('calls with an API key and with a token', () => {
      expect(seen).toMatchObject({ keyRoles: 4, tokenRoles: 4 });
    });

    test('sends and receives metadata', () => {
      expect(seen).toMatchObject({ echoText: 'grüß dich', echoHeader: 'eins', echoTrailer: 'eins' });
    });

    test('reads a stream', () => {
      expect(seen).toMatchObject({ stream: [1, 2, 3], streamHeader: '3', streamTrailer: 'yes' });
    });

    test('watches health', () => {
      expect(seen.health).toBe('SERVING');
    });
  });
}
