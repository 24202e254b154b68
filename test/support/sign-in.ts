import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { eventually } from './eventually.js';
import type { TestServer } from './test-server.js';

export async function mailsTo(server: TestServer, email: string): Promise<string[]> {
  const rows = await server.database.query<{ body: string }>(
    'select body from captured_mail where recipient = $1 order by created_at, id',
    [email],
  );
  return rows.map(({ body }) => body);
}

/** The codes that were mailed, among invitations and news. */
async function codesTo(server: TestServer, email: string): Promise<string[]> {
  const mails = await mailsTo(server, email);
  return mails.flatMap((mail) => /^Your sign-in code is (\d{6})/.exec(mail)?.[1] ?? []);
}

/** Asks for a code and reads it from the mailbox. */
export function codeFor(server: TestServer, email: string): Promise<string> {
  return nextCode(server, email, () => server.client(AuthService).requestSignInCode({ email }));
}

/** The code that is mailed because of `ask`. */
export async function nextCode(
  server: TestServer,
  email: string,
  ask: () => Promise<unknown>,
): Promise<string> {
  const before = (await codesTo(server, email)).length;
  await ask();
  const found = await eventually('the code', async () => {
    const now = await codesTo(server, email);
    return now.length > before && now;
  });
  return found.at(-1) ?? '';
}

/** A session of its own, opened by code. */
export async function signIn(server: TestServer, email: string, deviceName = ''): Promise<TokenPair> {
  const code = await codeFor(server, email);
  const { tokens } = await server.client(AuthService).verifySignInCode({ email, code, deviceName });
  if (!tokens) throw new Error('No tokens came back.');
  return tokens;
}
