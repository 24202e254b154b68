/** A credential of one person, as it is stored. */
export interface Passkey {
  id: string;
  credentialId: Buffer;
  identityId: string;
  publicKey: Buffer;
  signCount: number;
  transports: string[];
  backupEligible: boolean;
  backedUp: boolean;
  /** The model of the authenticator; null when it did not say. */
  aaguid: string | null;
  name: string;
  createdAt: Date;
  lastUsedAt: Date | null;
  counterWentBackAt: Date | null;
}

/** What an authenticator made, once it has been verified. */
export type NewCredential = Pick<
  Passkey,
  'credentialId' | 'publicKey' | 'signCount' | 'transports' | 'backupEligible' | 'backedUp' | 'aaguid'
>;

/** What an authenticator said about itself when it signed. */
export type VerifiedUse = Pick<Passkey, 'signCount' | 'backupEligible' | 'backedUp'>;

/** How a passkey is named to browsers. */
export interface CredentialName {
  id: string;
  transports: string[];
}
