import { parseCookie, stringifySetCookie } from 'cookie';

/** Who uses the setup page: an access token, and the organization it is used for. It ends with the token. */
export interface SetupSession {
  accessToken: string;
  /** Empty: the one that the token names. */
  orgId: string;
}

const TOKEN = 'dovecote_setup';
const ORGANIZATION = 'dovecote_setup_org';
const PATH = '/setup';
/** Of an access token. */
const MAX_AGE_S = 15 * 60;

export function readSession(cookieHeader: string | undefined): SetupSession | undefined {
  const cookies = parseCookie(cookieHeader ?? '');
  const accessToken = cookies[TOKEN];
  return accessToken ? { accessToken, orgId: cookies[ORGANIZATION] ?? '' } : undefined;
}

/** Set-Cookie fields; without a session, those that end it. Other sites cannot make the browser send them. */
export function writeSession(session: SetupSession | undefined, secure: boolean): string[] {
  const attributes = { path: PATH, httpOnly: true, secure, sameSite: 'strict' } as const;
  const maxAge = session ? MAX_AGE_S : 0;
  return [
    stringifySetCookie({ name: TOKEN, value: session?.accessToken ?? '', ...attributes, maxAge }),
    stringifySetCookie({ name: ORGANIZATION, value: session?.orgId ?? '', ...attributes, maxAge }),
  ];
}
