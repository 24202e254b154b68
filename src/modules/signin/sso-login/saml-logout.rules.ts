const PREFIX = '_signout-';

/** A login is signed out of once, so that its request needs no record of its own. Ids of XML begin with no digit. */
export function logoutRequestId(loginId: string): string {
  return `${PREFIX}${loginId}`;
}

/** Undefined for what cannot be the id of such a request. */
export function loginIdOf(requestId: string): string | undefined {
  const id = requestId.startsWith(PREFIX) ? requestId.slice(PREFIX.length) : '';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
}
