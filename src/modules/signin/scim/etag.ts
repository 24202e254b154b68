import type { Answer } from './projection.js';
import { ScimError } from './scim-error.js';

/** A resource and its version. */
export interface ETagged {
  body: Answer;
  etag: string;
}

/**
 * Whether an If-Match or If-None-Match list contains the version; weak comparison, because all versions are
 * weak ETags.
 */
export function matches(list: string, etag: string): boolean {
  const wanted = list.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return wanted.includes('*') || wanted.includes(etag.replace(/^W\//, ''));
}

export function refuseMismatch(ifMatch: string | undefined, etag: string): void {
  if (ifMatch === undefined || matches(ifMatch, etag)) return;
  throw new ScimError(412, `The resource has changed: its version is ${etag} now.`);
}
