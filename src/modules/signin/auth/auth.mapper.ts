import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type AccessToken as AccessTokenMessage,
  AccessTokenSchema,
  CallerKind,
  type OrganizationSummary,
  OrganizationSummarySchema,
  ProofMethod,
  type Session as SessionMessage,
  SessionSchema,
  type TokenPair as TokenPairMessage,
  TokenPairSchema,
  type WhoAmIResponse,
  WhoAmIResponseSchema,
} from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import type { Permission } from '../../../platform/access/index.js';
import type { IssuedAccessToken } from '../../../platform/caller/access-tokens.js';
import { toRole } from '../../people/role/index.js';
import type { OwnMembership } from './person.store.js';
import type { Proof } from './session.store.js';
import type { Session } from './session.store.js';
import type { TokenPair } from './sessions.service.js';
import type { Self } from './who-am-i.service.js';

export function toTokenPair(pair: TokenPair): TokenPairMessage {
  return create(TokenPairSchema, {
    accessToken: pair.accessToken,
    accessExpiresAt: timestampFromDate(pair.accessExpiresAt),
    refreshToken: pair.refreshToken,
    refreshExpiresAt: timestampFromDate(pair.refreshExpiresAt),
  });
}

export function toAccessToken({ token, expiresAt }: IssuedAccessToken): AccessTokenMessage {
  return create(AccessTokenSchema, { token, expiresAt: timestampFromDate(expiresAt) });
}

const proofMethods: Record<Proof, ProofMethod> = {
  code: ProofMethod.CODE,
  link: ProofMethod.LINK,
  passkey: ProofMethod.PASSKEY,
  sso: ProofMethod.SSO,
  password: ProofMethod.PASSWORD,
  demo: ProofMethod.DEMO,
};

export function toSession(session: Session, currentId: string): SessionMessage {
  return create(SessionSchema, {
    id: session.id,
    deviceName: session.deviceName,
    address: session.address,
    createdAt: timestampFromDate(session.createdAt),
    lastUsedAt: timestampFromDate(session.lastUsedAt),
    current: session.id === currentId,
    proofMethod: proofMethods[session.proof],
    provenAt: timestampFromDate(session.provenAt),
  });
}

export function toWhoAmI(self: Self, permissions: Iterable<Permission>): WhoAmIResponse {
  const common = { permissions: [...permissions].sort((a, b) => a - b) };
  if (self.kind === 'api_key') {
    const { name, orgId } = self;
    return create(WhoAmIResponseSchema, { ...common, name, orgId, callerKind: CallerKind.API_KEY });
  }
  const { current, email, sessionId } = self;
  return create(WhoAmIResponseSchema, {
    ...common,
    email,
    sessionId,
    callerKind: CallerKind.USER,
    userId: current?.userId,
    name: current?.name,
    orgId: current?.orgId,
    role: current && toRole(current.role),
    organizations: self.memberships.map(toOrganizationSummary),
  });
}

function toOrganizationSummary({ orgId, orgName, orgType, role }: OwnMembership): OrganizationSummary {
  return create(OrganizationSummarySchema, { id: orgId, name: orgName, orgType, roleSlug: role.slug });
}
