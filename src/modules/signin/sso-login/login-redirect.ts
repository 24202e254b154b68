import { type PageReply, sendPage, sendTo } from '../../../platform/http/page.js';
import type { LoginResult } from './logins.service.js';
import { refusedPage, testedPage } from './login.page.js';
import { withParameters } from './redirect-uri.rules.js';

/**
 * Redirects the browser to the client with a code or an error; shows a page for test logins and unsolicited
 * responses.
 */
export function redirectAfterLogin(reply: PageReply, judgement: LoginResult): void {
  const { login } = judgement;
  if (judgement.kind === 'admitted') {
    const { redirectUri, clientState, id } = judgement.login;
    if (judgement.code === undefined) return sendPage(reply, testedPage(true, id));
    return sendTo(reply, withParameters(redirectUri, { code: judgement.code, state: clientState }));
  }
  if (login?.test) return sendPage(reply, testedPage(false, judgement.id));
  if (!login?.redirectUri) return sendPage(reply, refusedPage(judgement.id));
  sendTo(
    reply,
    withParameters(login.redirectUri, {
      error: 'access_denied',
      error_description: judgement.id
        ? `The sign-in was refused; an administrator finds the cause under the login ID ${judgement.id}.`
        : 'The sign-in was refused.',
      state: login.clientState,
    }),
  );
}
