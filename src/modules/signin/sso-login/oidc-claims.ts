import { authorizationCodeGrant, type Configuration, fetchUserInfo } from 'openid-client';
import type { Provisioning } from '../sso/index.js';
import { emailsIn, groupsIn } from './attributes.rules.js';
import {
  areGroupsWithheld,
  attributesOf,
  type Claims,
  isVerified,
  overage,
  storable,
} from './claims.rules.js';
import { LoginRefusal } from './login-refusal.js';
import { oidcRefusal } from './oidc-refusal.js';

/** Maximum length of `sub` and `sid`, so that an index entry can hold them in any encoding. */
const LONGEST_NAME = 512;

/** What an answer is checked against. */
export interface Expected {
  codeVerifier: string;
  nonce: string;
  state: string;
}

/** What a provider says in its tokens, and at userinfo. */
export interface OidcClaims {
  subject: string;
  sid: string;
  authTime: number | undefined;
  idToken: string;
  claims: Claims;
  /** Whether it says that it has verified the address. */
  verified: boolean;
  /** Why the groups are not known, for the admins; empty: they are. */
  withheld: string;
}

/** Trades the code that the browser brought, and asks for what the ID token does not say. Throws LoginRefusal. */
export async function claimsFor(
  client: Configuration,
  callback: URL,
  { codeVerifier, nonce, state }: Expected,
  wanted: Provisioning,
): Promise<OidcClaims> {
  const tokens = await authorizationCodeGrant(client, callback, {
    pkceCodeVerifier: codeVerifier,
    expectedNonce: nonce,
    expectedState: state,
    idTokenExpected: true,
  }).catch((error: unknown) => {
    throw oidcRefusal(error);
  });
  const token = tokens.claims();
  if (!token) throw new LoginRefusal('no_id_token', 'The provider sent no ID token.');
  const sid = typeof token.sid === 'string' ? token.sid : '';
  if ([token.sub, sid].some((name) => storable(name) !== name || name.length > LONGEST_NAME)) {
    throw new LoginRefusal(
      'invalid_token',
      'The claims sub or sid are too long or contain characters that cannot be stored.',
    );
  }
  const { said, problem } = await userInfo(client, tokens.access_token, token, wanted);
  for (const source of [token, said]) {
    if (isVerified(source) === false) {
      throw new LoginRefusal('email_not_verified', 'The provider says that it has not verified the address.');
    }
  }
  const claims: Claims = { ...said, ...token };
  const hasGroups = groupsIn(attributesOf(claims), wanted.groupAttribute).length > 0;
  const isWithheld = !hasGroups && areGroupsWithheld(claims, wanted.groupAttribute);
  return {
    subject: token.sub,
    sid,
    authTime: token.auth_time,
    idToken: tokens.id_token ?? '',
    claims,
    verified: isVerified(claims) === true,
    withheld: isWithheld ? overage : hasGroups ? '' : problem,
  };
}

/** Nothing where nothing is missing, or there is no such endpoint. */
async function userInfo(
  client: Configuration,
  accessToken: string,
  token: Claims & { sub: string },
  wanted: Provisioning,
): Promise<{ said: Claims; problem: string }> {
  const missing = missingIn(token, wanted);
  const isOffered = client.serverMetadata().userinfo_endpoint !== undefined;
  if (!isOffered || missing.length === 0) return { said: {}, problem: '' };
  try {
    return { said: await fetchUserInfo(client, accessToken, token.sub), problem: '' };
  } catch (error) {
    const { reason, detail } = oidcRefusal(error, 'userinfo endpoint');
    const isSilent = ['endpoint_unreachable', 'endpoint_answer', 'client_refused'].includes(reason);
    // An invalid userinfo response is refused; a missing one matters only if a needed claim is missing.
    if (!isSilent) throw new LoginRefusal('userinfo', `At userinfo: ${detail}`, { cause: error });
    if (
      missing.includes('email') &&
      emailsIn(attributesOf(token), wanted.attributes.email, '').length === 0
    ) {
      throw new LoginRefusal(
        'userinfo_unreachable',
        `The ID token has no address, and userinfo returned none: ${detail}`,
        {
          cause: error,
        },
      );
    }
    return { said: {}, problem: missing.includes('groups') ? `${UNASKED} ${detail}` : '' };
  }
}

type Kind = 'email' | 'groups' | 'name';

/** What the ID token does not say; many providers keep it for userinfo. */
function missingIn(token: Claims, { attributes, groupAttribute, roleMappings }: Provisioning): Kind[] {
  const known = attributesOf(token);
  const has = (...names: string[]): boolean => names.some((name) => Object.hasOwn(known, name));
  const missing: Kind[] = [];
  if (!has(attributes.email || 'email')) missing.push('email');
  if (!has(attributes.givenName || 'given_name', attributes.familyName || 'family_name'))
    missing.push('name');
  const areGroupsWanted = roleMappings.length > 0 && !areGroupsWithheld(token, groupAttribute);
  if (areGroupsWanted && groupsIn(known, groupAttribute).length === 0) missing.push('groups');
  return missing;
}

const UNASKED = 'The groups are unknown, so the role was not changed: userinfo returned none.';
