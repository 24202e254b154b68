import { type BrowserReply, redirect, show } from './browser.js';
import type { Judgement } from './logins.service.js';
import { refusedPage } from './pages.js';
import { withParameters } from './redirect.rules.js';
import { testPage } from './test-page.js';

/** Sends the browser on: to the client with a code or an error, or to a page of ours where nobody waits. */
export function sendOn(reply: BrowserReply, judgement: Judgement): void {
  const { login } = judgement;
  if (judgement.kind === 'admitted') {
    const { redirectUri, clientState } = judgement.login;
    if (judgement.code === undefined) return show(reply, testPage(judgement.login));
    return redirect(reply, withParameters(redirectUri, { code: judgement.code, state: clientState }));
  }
  if (!login?.redirectUri) return show(reply, refusedPage(judgement.id));
  redirect(
    reply,
    withParameters(login.redirectUri, {
      error: 'access_denied',
      error_description: judgement.id
        ? `The sign-in was refused; an administrator can see why under ${judgement.id}.`
        : 'The sign-in was refused.',
      state: login.clientState,
    }),
  );
}
