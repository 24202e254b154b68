import { parse } from 'tldts';
import { asciiDomain } from '../../../platform/text/index.js';

/**
 * The registrable domain name in lower-case ASCII form (IDNA). Undefined for input that is not a domain name,
 * or is a public suffix: `co.uk`, `localhost`, `10.0.0.1`.
 */
export function domainName(given: string): string | undefined {
  const { hostname, domain } = parse(asciiDomain(given.trim()) ?? '');
  if (!hostname || !domain) return undefined;
  return hostname;
}

/** The domain of an e-mail address; undefined when it has none. */
export function domainOf(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  return at > 0 ? domainName(email.slice(at + 1)) : undefined;
}
