import type { KnownApiKey } from './api-keys.directory.js';
import type { PersonCaller } from './caller.js';
import type { KnownProjectKey } from './project-keys.directory.js';

export interface ProvenPerson {
  caller: PersonCaller;
  /** The organization that the token names. */
  claimedOrgId?: string;
}

/** What a credential proves. */
export type Proven = ProvenPerson | KnownApiKey | KnownProjectKey;
