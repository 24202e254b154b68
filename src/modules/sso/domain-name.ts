import { parse } from 'tldts';

const LONGEST = 253;

/**
 * The registrable name that somebody means, in lower case and in its ASCII form; undefined for what is none, or
 * belongs to nobody alone: `co.uk`, `localhost`, `10.0.0.1`.
 */
export function domainName(given: string): string | undefined {
  const { hostname, domain, isIp } = parse(asciiOf(given.trim()));
  if (!hostname || isIp || !domain || hostname.length > LONGEST) return undefined;
  return hostname;
}

/** The domain of an e-mail address; undefined where there is none. */
export function domainOf(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  return at > 0 ? domainName(email.slice(at + 1)) : undefined;
}

function asciiOf(name: string): string {
  const address = `http://${name}`;
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(name) || !URL.canParse(address)) return '';
  return new URL(address).hostname.toLowerCase();
}
