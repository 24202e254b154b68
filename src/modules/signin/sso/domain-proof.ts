import type { NameLookup } from '../../../platform/outbound/name-lookup.js';

/** Name of the TXT record: a separate label, so that it does not conflict with other records. */
export function recordName(domain: string): string {
  return `_dovecote-challenge.${domain}`;
}

export function recordValue(challenge: string): string {
  return `dovecote-domain-verification=${challenge}`;
}

export interface DomainProofOptions {
  /** Domains that need no record: for development. */
  trusted: readonly string[];
}

const TIMEOUT_MS = 5_000;

/** What DNS says about a domain. */
export class DomainProof {
  constructor(
    private readonly names: NameLookup,
    private readonly options: DomainProofOptions,
  ) {}

  /** Why the domain is not proven, in a sentence; undefined when it is. */
  async defectOf(domain: string, challenge: string): Promise<string | undefined> {
    if (this.options.trusted.includes(domain)) return undefined;
    const name = recordName(domain);
    const records = await this.names
      .ask(AbortSignal.timeout(TIMEOUT_MS), (resolver) => resolver.resolveTxt(name))
      .catch((error: NodeJS.ErrnoException) => error);
    if (!Array.isArray(records)) {
      return missing(records)
        ? `There is no TXT record at ${name} yet; a new one can take an hour to become visible.`
        : `The DNS lookup of ${name} failed (${records.code ?? 'no reason given'}); try again.`;
    }
    const values = records.map((parts) => parts.join(''));
    if (values.includes(recordValue(challenge))) return undefined;
    return `The TXT record at ${name} does not have the value ${recordValue(challenge)}.`;
  }
}

function missing(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOTFOUND' || error.code === 'ENODATA';
}
