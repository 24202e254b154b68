/** A link by which people join an organization. */
export interface InviteLink {
  id: string;
  sealedToken: Buffer;
  roleId: string;
  /** Empty: the organization's. */
  dataGovernanceRegion: string;
  /** 0: no limit. */
  maxUses: number;
  useCount: number;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** The same with its secret, empty where the reader may not have it. */
export type SharedLink = Omit<InviteLink, 'sealedToken'> & { token: string };
