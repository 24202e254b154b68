import { createHash, timingSafeEqual } from 'node:crypto';

interface Credentials {
  readonly user: string;
  readonly password: string;
}

export function isAuthorized(
  given: Credentials,
  wanted: { readonly username: string; readonly password: string },
): boolean {
  return timingSafeEqual(digest(given.user, given.password), digest(wanted.username, wanted.password));
}

function digest(user: string, password: string): Buffer {
  return createHash('sha256').update(`${user}\0${password}`).digest();
}
