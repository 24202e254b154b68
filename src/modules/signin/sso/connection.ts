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
  /** Which provider of the metadata is meant; empty: the only one. Undefined in rows of before. */
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

export interface RoleMapping {
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
  /** Undefined in rows of before. */
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
  /** What clients name it by: random, and nobody else's. */
  providerName: string;
  protocol: number;
  state: number;
  /** Of the provider that pidgr.v1 shows; null for all others. */
  contractDomain: string | null;
  saml: SamlSettings | null;
  idp: StoredIdp | null;
  fetchedAt: Date | null;
  /** The last time that metadata was asked for, whatever came of it. */
  attemptedAt: Date | null;
  nextFetchAt: Date | null;
  lastError: string;
  /** By certificate: the last warning before its end, in days. */
  warned: Record<string, number>;
  oidc: OidcSettings | null;
  sealedClientSecret: Buffer | null;
  provisioning: Provisioning;
  /** What logins may give at most: the permissions of whoever last said where people come from, and as what. */
  ceiling: number[];
  /** Those were all that there are. Otherwise it lets nobody in who may do more. */
  unrestricted: boolean;
  activatedAt: Date | null;
  /** Counts the activations of the organization: the highest is the newest, whatever the clock says. */
  activation: number | null;
  createdBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}
