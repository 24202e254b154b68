/** Numbers of dovecote.sso.v1.Protocol. */
export const protocol = { saml: 1, oidc: 2 } as const;

/** Numbers of dovecote.sso.v1.ConnectionState. */
export const connectionState = { draft: 1, active: 2, disabled: 3 } as const;

/** Numbers of dovecote.sso.v1.LoginOutcome. */
export const loginOutcome = { pending: 1, succeeded: 2, refused: 3 } as const;

export interface SamlSettings {
  /** Empty: the metadata was uploaded. */
  metadataUrl: string;
  /** Empty: the URL of our metadata. */
  spEntityId: string;
  allowIdpInitiated: boolean;
  /** Redirect URIs that a login which began at the provider may lead to. */
  relayStates: string[];
  forceAuthn: boolean;
  /** Whether our metadata is signed, for providers that take no other. */
  signMetadata: boolean;
  /**
   * Entity id of the provider within the metadata. Empty: the only one. Undefined in rows written before this
   * field existed.
   */
  idpEntityId?: string;
}

export interface OidcSettings {
  issuer: string;
  clientId: string;
  /** Beside openid, email and profile. */
  scopes: string[];
  forceAuthn: boolean;
}

/** Names of attributes or claims; what is empty is found by the usual names. */
export interface AttributeNames {
  email: string;
  givenName: string;
  familyName: string;
}

interface RoleMapping {
  group: string;
  roleId: string;
}

export interface Provisioning {
  createMembers: boolean;
  /** Empty: the role of invitations. */
  defaultRoleId: string;
  attributes: AttributeNames;
  /** Empty: the usual names. */
  groupAttribute: string;
  roleMappings: RoleMapping[];
}

export const membersOnly: Provisioning = {
  createMembers: false,
  defaultRoleId: '',
  attributes: { email: '', givenName: '', familyName: '' },
  groupAttribute: '',
  roleMappings: [],
};

/** What is known of a SAML provider; the shape of libs/saml's IdpMetadata, as it is stored. */
export interface StoredIdp {
  entityId: string;
  ssoRedirectUrl?: string;
  ssoPostUrl?: string;
  sloRedirectUrl?: string;
  sloPostUrl?: string;
  sloResponseRedirectUrl?: string;
  certificates: StoredCertificate[];
  /** Undefined in rows written before this field existed. */
  warnings?: string[];
  validUntil?: string;
  cacheDurationMs?: number;
  wantAuthnRequestsSigned: boolean;
  nameIdFormats: string[];
}

export interface StoredCertificate {
  pem: string;
  fingerprint: string;
  subject: string;
  notBefore: string;
  notAfter: string;
}

/** A connection of an organization to one identity provider. */
export interface Connection {
  orgId: string;
  id: string;
  name: string;
  /** The random, globally unique name that clients use for the connection. */
  providerName: string;
  protocol: number;
  state: number;
  /** Domain of the provider in pidgr.v1 (SSOService); null for connections of dovecote.sso.v1. */
  contractDomain: string | null;
  saml: SamlSettings | null;
  idp: StoredIdp | null;
  fetchedAt: Date | null;
  /** The last attempt to fetch metadata, successful or not. */
  attemptedAt: Date | null;
  nextFetchAt: Date | null;
  lastError: string;
  /** By certificate: the last warning before its end, in days. */
  warned: Record<string, number>;
  oidc: OidcSettings | null;
  sealedClientSecret: Buffer | null;
  provisioning: Provisioning;
  /**
   * Maximum permissions that a login may have: those of the admin who last changed settings or provisioning.
   */
  ceiling: number[];
  /**
   * That admin held all permissions. Otherwise members with more permissions than the ceiling are refused.
   */
  unrestricted: boolean;
  activatedAt: Date | null;
  /** Counts the activations of the organization: the highest is the newest, whatever the clock says. */
  activation: number | null;
  createdBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}
