import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { eventually } from './eventually.js';
import { mailsTo } from './sign-in.js';
import type { TestServer } from './test-server.js';

/** The tokens of the links that an address was mailed, oldest first. */
export async function tokensTo(server: TestServer, email: string): Promise<string[]> {
  return (await mailsTo(server, email)).flatMap((mail) => /\/magic-link\?token=(\S+)/.exec(mail)?.[1] ?? []);
}

/** Asks for a link and reads its token from the mailbox. */
export async function linkFor(server: TestServer, email: string): Promise<string> {
  const before = (await tokensTo(server, email)).length;
  await server.client(AuthService).requestMagicLink({ email });
  const tokens = await eventually('the link', async () => {
    const now = await tokensTo(server, email);
    return now.length > before && now;
  });
  return tokens.at(-1) ?? '';
}
