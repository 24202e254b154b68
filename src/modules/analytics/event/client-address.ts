import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { ProxyHeader } from './cdn-headers.rules.js';

/** Headers of CDNs that name the client beside X-Forwarded-For, in the order in which they are believed. */
const headers = ['cf-connecting-ip', 'true-client-ip'];

/**
 * The address of the person behind a request, in one form: without zone, IPv4 also where it is mapped into IPv6. `found`
 * is the address that X-Forwarded-For and the socket lead to. Empty: there is none.
 */
export function personAddress(header: ProxyHeader, found: string): string {
  for (const candidate of [...headers.map(header), found]) {
    const address = canonical(candidate?.trim() ?? '');
    if (address !== '') return address;
  }
  return '';
}

function canonical(text: string): string {
  const address = text.split('%', 1)[0] ?? '';
  // The parser also takes octal and shortened forms.
  return isIP(address) ? ipaddr.process(address).toString() : '';
}
