const PREFIX = '_signout-';

/**
 * The request id is derived from the login id: a login is logged out once, so no record is needed. XML ids
 * must not start with a digit.
 */
export function logoutRequestId(loginId: string): string {
  return `${PREFIX}${loginId}`;
}

/** Undefined for what cannot be the id of such a request. */
export function loginIdOf(requestId: string): string | undefined {
  const id = requestId.startsWith(PREFIX) ? requestId.slice(PREFIX.length) : '';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
}
