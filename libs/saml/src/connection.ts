import type { IdpMetadata } from './metadata.js';
import type { SpKey } from './sp-key.js';

/** One organization's trust in one identity provider, seen from our side. */
export interface SamlConnection {
  /** Our entity id: what an assertion names as its audience. */
  spEntityId: string;
  /** Where the identity provider posts responses to. */
  acsUrl: string;
  /** Where it sends logout messages to. */
  sloUrl?: string;
  idp: IdpMetadata;
  /** Ours: the first signs, all decrypt. */
  keys: readonly SpKey[];
  allowIdpInitiated: boolean;
  /** Whether to trust certificates after their end: some identity providers never renew them. */
  allowExpiredCertificates?: boolean;
  /** The format of NameID to ask for; no token is required without it. */
  nameIdFormat?: string;
  /** Ask for a sign-in at the identity provider, whatever session it has. */
  forceAuthn?: boolean;
}
