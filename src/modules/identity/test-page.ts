import type { Login } from './login.store.js';
import { type Page, testedPage } from './pages.js';

/** What a test login shows. Its record says more. */
export function testPage({ id, connectionId }: Pick<Login, 'id' | 'connectionId'>): Page {
  return testedPage([
    ['Login', id],
    ['Connection', connectionId],
    [
      'What was sent',
      'ConnectionService.GetLogin, and the setup page, show it with the role that it leads to.',
    ],
  ]);
}
