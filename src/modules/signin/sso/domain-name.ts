import { parse } from 'tldts';
import { asciiDomain } from '../../../platform/text/index.js';

/**
 * The registrable name that somebody means, in lower case and in its ASCII form; undefined for what is none, or
 * belongs to nobody alone: `co.uk`, `localhost`, `10.0.0.1`.
 */
export function domainName(given: string): string | undefined {
  const { hostname, domain } = parse(asciiDomain(given.trim()) ?? '');
  if (!hostname || !domain) return undefined;
  return hostname;
}

/** The domain of an e-mail address; undefined where there is none. */
export function domainOf(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  return at > 0 ? domainName(email.slice(at + 1)) : undefined;
}
