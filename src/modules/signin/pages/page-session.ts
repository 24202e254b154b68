import { generateToken } from '@dovecote/secret';
import { parseCookie, stringifySetCookie } from 'cookie';

/** A page session: an access token and the selected organization. It ends with the token. */
export interface PageSession {
  accessToken: string;
  /** Empty: the one that the token names. */
  orgId: string;
}

/** A sign-in that waits for the identity provider; only the browser that holds this cookie may finish it. */
export interface PendingSignIn {
  state: string;
  codeVerifier: string;
  /** The page that the sign-in leads to. */
  next: string;
}

const TOKEN_COOKIE = 'dovecote_token';
const ORGANIZATION_COOKIE = 'dovecote_organization';
const SIGN_IN_COOKIE = 'dovecote_sign_in';
/** The lifetime of an access token, and the time that a person has at a provider. */
const MAX_AGE_S = 15 * 60;

/**
 * The cookies of the pages. Over HTTPS they have the prefix `__Host-`, so that no other host of the domain can set them.
 * A form of another site is refused by its origin, whatever cookies come with it.
 */
export class PageCookies {
  private readonly attributes;
  private readonly prefix: string;

  constructor(secure: boolean) {
    this.attributes = { path: '/', httpOnly: true, secure, sameSite: 'lax' } as const;
    this.prefix = secure ? '__Host-' : '';
  }

  session(cookieHeader: string | undefined): PageSession | undefined {
    const accessToken = inHeader(this.read(cookieHeader, TOKEN_COOKIE));
    return accessToken
      ? { accessToken, orgId: inHeader(this.read(cookieHeader, ORGANIZATION_COOKIE)) }
      : undefined;
  }

  /** Set-Cookie fields; without a session, those that end it. */
  writeSession(session: PageSession | undefined): string[] {
    const maxAge = session ? MAX_AGE_S : 0;
    return [
      this.write(TOKEN_COOKIE, session?.accessToken ?? '', maxAge),
      this.write(ORGANIZATION_COOKIE, session?.orgId ?? '', maxAge),
    ];
  }

  signIn(cookieHeader: string | undefined): PendingSignIn | undefined {
    const [state, codeVerifier, next] = this.read(cookieHeader, SIGN_IN_COOKIE).split('.');
    if (!state || !codeVerifier || !next) return undefined;
    return { state, codeVerifier, next: Buffer.from(next, 'base64url').toString() };
  }

  /** A Set-Cookie field; without a sign-in, the one that ends it. */
  writeSignIn(signIn: PendingSignIn | undefined): string {
    if (!signIn) return this.write(SIGN_IN_COOKIE, '', 0);
    const { state, codeVerifier, next } = signIn;
    return this.write(
      SIGN_IN_COOKIE,
      [state, codeVerifier, Buffer.from(next).toString('base64url')].join('.'),
      MAX_AGE_S,
    );
  }

  private read(cookieHeader: string | undefined, name: string): string {
    return parseCookie(cookieHeader ?? '')[this.prefix + name] ?? '';
  }

  private write(name: string, value: string, maxAge: number): string {
    return stringifySetCookie({ name: this.prefix + name, value, ...this.attributes, maxAge });
  }
}

export function newSignIn(next: string): PendingSignIn {
  return { state: generateToken(), codeVerifier: generateToken(), next };
}

/** Both cookies become headers of calls: a value that no header can carry was not written here. */
function inHeader(value: string): string {
  return /^[!-~]*$/.test(value) ? value : '';
}
