import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AuthResponseSchema } from '@dovecote/contract/auth/v1/auth_pb';
import { type AuthProviderConfigSchema, AuthProviderType } from '@dovecote/contract/public/auth/v1/auth_pb';
import type { Account } from '../../people/member/index.js';
import type { TokenPair } from '../../signin/auth/index.js';
import { toCustomer } from '../customer/index.js';
import type { OfferedProvider } from './dashboard-provider.service.js';

/** As the shipped contract has it. */
export function toPair({ accessToken: token, refreshToken }: TokenPair): {
  token: string;
  refreshToken: string;
} {
  return { token, refreshToken };
}

export function toProvider({
  id,
  name: displayName,
  clientId,
  issuer: issuerUrl,
  scopes,
}: OfferedProvider): MessageInitShape<typeof AuthProviderConfigSchema> {
  return { id, type: AuthProviderType.OIDC, displayName, clientId, issuerUrl, scopes };
}

/** As the documented contract has it. */
export function toAuthResponse(
  tokens: TokenPair,
  account: Account,
): MessageInitShape<typeof AuthResponseSchema> {
  const expiresAt = timestampFromDate(tokens.accessExpiresAt);
  return { ...toPair(tokens), expiresAt, customer: toCustomer(account) };
}
