import { isIP } from 'node:net';
import { isWithin, type ValidateOptions, type Violation, Violations } from './violation.js';

const LONGEST_URL = 2048;

/** What is wrong with the URL of a webhook outside of a workflow; `field` names it. */
export function validateWebhookUrl(text: string, options: ValidateOptions & { field: string }): Violation[] {
  const violations = new Violations(options.field);
  checkWebhookUrl(text, options, violations);
  return violations.found;
}

/** What can be known without asking DNS; the caller resolves the name and checks the answers before a call. */
export function checkWebhookUrl(text: string, options: ValidateOptions, at: Violations): void {
  if (!isWithin(text, LONGEST_URL)) return at.atMost(LONGEST_URL, text);
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return at.add('must be an https URL');
  if (url.username || url.password) at.add('must not contain a user name or password');
  const { exemptHosts = [] } = options;
  if (exemptHosts.includes(url.host) || exemptHosts.includes(url.hostname)) return;
  at.require(url.protocol === 'https:', 'must be an https URL');
  at.require(
    isPublicHost(url.hostname, options),
    'must not point to a private, loopback or link-local address',
  );
}

function isPublicHost(hostname: string, { isPublicAddress }: ValidateOptions): boolean {
  // The URL parser has already turned 0x7f.1, 2130706433 and 127.0.0.1 into the same text.
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host)) return isPublicAddress?.(host) ?? false;
  return host !== 'localhost' && !host.endsWith('.localhost');
}
