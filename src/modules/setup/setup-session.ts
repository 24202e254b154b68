import { generateToken } from '@dovecote/secret';
import { parseCookie, stringifySetCookie } from 'cookie';

/** Who uses the setup page: an access token, and the organization it is used for. It ends with the token. */
export interface SetupSession {
  accessToken: string;
  /** Empty: the one that the token names. */
  orgId: string;
}

/** A sign-in that is at an identity provider; its answer counts in the browser that has this only. */
export interface SetupSignIn {
  state: string;
  codeVerifier: string;
}

const TOKEN = 'dovecote_setup';
const ORGANIZATION = 'dovecote_setup_org';
const SIGN_IN = 'dovecote_setup_sign_in';
const PATH = '/setup';
/** Of an access token, and of the time that a person has at a provider. */
const MAX_AGE_S = 15 * 60;

export function readSession(cookieHeader: string | undefined): SetupSession | undefined {
  const cookies = parseCookie(cookieHeader ?? '');
  const accessToken = inHeader(cookies[TOKEN]);
  return accessToken ? { accessToken, orgId: inHeader(cookies[ORGANIZATION]) } : undefined;
}

/** Both go on as headers of calls: what no header can carry is none of ours. */
function inHeader(value = ''): string {
  return /^[!-~]*$/.test(value) ? value : '';
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

export function newSignIn(): SetupSignIn {
  return { state: generateToken(), codeVerifier: generateToken() };
}

export function readSignIn(cookieHeader: string | undefined): SetupSignIn | undefined {
  const [state, codeVerifier] = (parseCookie(cookieHeader ?? '')[SIGN_IN] ?? '').split('.');
  return state && codeVerifier ? { state, codeVerifier } : undefined;
}

/** A Set-Cookie field; without a sign-in, the one that ends it. It comes along when a provider sends the browser back. */
export function writeSignIn(signIn: SetupSignIn | undefined, secure: boolean): string {
  return stringifySetCookie({
    name: SIGN_IN,
    value: signIn ? `${signIn.state}.${signIn.codeVerifier}` : '',
    path: PATH,
    httpOnly: true,
    secure,
    sameSite: 'lax',
    maxAge: signIn ? MAX_AGE_S : 0,
  });
}
