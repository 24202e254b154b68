import { ACCOUNT } from './paths.js';

/** The page of this server that a sign-in leads to; the account page for everything else, other sites above all. */
export function destinationOf(next: string | undefined): string {
  // Any origin will do: a path keeps it, and whatever names another one loses it.
  const here = 'http://here.invalid';
  if (!next?.startsWith('/') || !URL.canParse(next, here)) return ACCOUNT;
  const { origin, pathname, search } = new URL(next, here);
  // A path that begins with two slashes names another host once it is sent.
  return origin === here && !pathname.startsWith('//') ? pathname + search : ACCOUNT;
}
