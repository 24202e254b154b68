import { fingerprintOf } from '@dovecote/secret';
import { LRUCache } from 'lru-cache';
import type { Credential } from './credential.js';

const MOST = 20_000;

/** How each credential fared when it was last presented to this process, by fingerprint. Proves nothing. */
export class CredentialRecord {
  private readonly held = new LRUCache<string, true>({ max: MOST });
  private readonly failed = new LRUCache<string, true>({ max: MOST });

  /**
   * Whether the credential may be a guess that only the database can refute. Well-formed API keys can be made
   * up; a made-up access token already fails by its signature.
   */
  isSuspect(credential: Credential): boolean {
    const fingerprint = nameOf(credential);
    if (this.held.get(fingerprint)) return false;
    return credential.kind !== 'access_token' || this.failed.get(fingerprint) === true;
  }

  note(credential: Credential, outcome: 'held' | 'failed'): void {
    const fingerprint = nameOf(credential);
    const [gains, loses] = outcome === 'held' ? [this.held, this.failed] : [this.failed, this.held];
    loses.delete(fingerprint);
    gains.set(fingerprint, true);
  }
}

function nameOf(credential: Credential): string {
  return fingerprintOf(JSON.stringify(credential));
}
