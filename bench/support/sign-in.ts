import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';

export const adminEmail = 'admin@acme.example';

/** A transport that sends these headers with every call. */
function transportWith(url: string, headers: Record<string, string>): Transport {
  const add: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
  return createGrpcTransport({ baseUrl: url, interceptors: [add] });
}

/** Somebody who has signed in with the code that a development server shows. */
export class Person {
  private constructor(
    private readonly url: string,
    private tokens: TokenPair,
  ) {}

  static async signIn(url: string, email: string): Promise<Person> {
    const auth = createClient(AuthService, createGrpcTransport({ baseUrl: url }));
    await auth.requestSignInCode({ email });
    const { tokens } = await auth.verifySignInCode({ email, code: await codeFor(url, email) });
    return new Person(url, tokens!);
  }

  /** With a fresh access token: one lives for a quarter of an hour. */
  async transport(headers: Record<string, string> = {}): Promise<Transport> {
    return transportWith(this.url, { ...headers, authorization: `Bearer ${await this.accessToken()}` });
  }

  /** As a member of an organization. */
  async in(orgId: string): Promise<{ transport: Transport; credentials: Record<string, string> }> {
    const credentials = { authorization: `Bearer ${await this.accessToken()}`, 'x-org-id': orgId };
    return { transport: transportWith(this.url, credentials), credentials };
  }

  async accessToken(): Promise<string> {
    const auth = createClient(AuthService, createGrpcTransport({ baseUrl: this.url }));
    const { tokens } = await auth.refreshToken({ refreshToken: this.tokens.refreshToken });
    this.tokens = tokens!;
    return this.tokens.accessToken;
  }
}

async function codeFor(url: string, email: string): Promise<string> {
  for (;;) {
    const response = await fetch(`${url}/dev/mailbox?to=${encodeURIComponent(email)}`);
    const { mail } = (await response.json()) as { mail: { text: string }[] };
    const code = /\b\d{6}\b/.exec(mail[0]?.text ?? '')?.[0];
    if (code) return code;
    await delay(20);
  }
}
