import { AuthorizationResponseError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { z } from 'zod';
import { EndpointError } from '../sso/index.js';
import { LoginRefusal } from './login-refusal.js';

/** What openid-client tells about a claim that is wrong. */
const comparison = z.object({
  claim: z.string(),
  expected: z.unknown().optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
});

const byClaim: Readonly<Record<string, string>> = {
  iss: 'token_issuer',
  aud: 'token_audience',
  azp: 'token_audience',
  nonce: 'token_nonce',
  exp: 'token_expired',
  nbf: 'token_not_yet_valid',
};

/** By what openid-client says where its codes do not tell causes apart. */
const byMessage: readonly (readonly [RegExp, reason: string])[] = [
  [/signature verification failed/, 'token_signature'],
  [/JWT verification key/, 'token_key'],
  [/"alg"|unsupported (JWS|JWT)/i, 'token_algorithm'],
  [/"id_token"/, 'no_id_token'],
  [/"iss" \(issuer\) response parameter|response parameter "iss"/, 'response_issuer'],
  [/claim/, 'token_claim'],
  [/JWT/, 'token_malformed'],
];

/** Maps an error of openid-client to a refusal, as specific as an admin needs to fix the cause. */
export function oidcRefusal(error: unknown, endpoint = 'token endpoint'): LoginRefusal {
  const refuse = (reason: string, detail: string): LoginRefusal =>
    new LoginRefusal(reason, detail, { cause: error });
  if (error instanceof LoginRefusal) return error;
  if (error instanceof AuthorizationResponseError) {
    return refuse('provider_error', `The provider answered ${error.error}${saidIn(error)}.`);
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    return refuse('client_refused', `The provider does not accept the client: it answered ${error.status}.`);
  }
  if (error instanceof ResponseBodyError) {
    return refuse(
      tradeReason(error.error),
      `The provider returned no tokens for the code: ${error.error}${saidIn(error)}.`,
    );
  }
  const causes = causesOf(error);
  const silent = causes.find((cause) => cause instanceof EndpointError);
  if (silent)
    return refuse('endpoint_unreachable', `The ${silent.endpoint} cannot be used: ${silent.message}`);
  const response = causes.map(({ cause }) => cause).find((cause) => cause instanceof Response);
  if (response) return refuse('endpoint_answer', `The ${endpoint} answered ${answerOf(response)}.`);
  const message = (causes.at(-1)?.message ?? 'no reason given').replace(/\.$/, '');
  const wrong = causes.map(({ cause }) => comparison.safeParse(cause)).find(({ success }) => success)?.data;
  const reason =
    (wrong && byClaim[wrong.claim]) ??
    byMessage.find(([pattern]) => causes.some((cause) => pattern.test(cause.message)))?.[1] ??
    'invalid_token';
  return refuse(reason, `The provider's response is invalid: ${message}${wrong ? claimIn(wrong) : ''}.`);
}

function tradeReason(error: string): string {
  if (error === 'invalid_client' || error === 'unauthorized_client') return 'client_refused';
  return error === 'invalid_grant' ? 'code_refused' : 'tokens_refused';
}

function saidIn({ error_description: said }: { error_description?: string }): string {
  return said ? ` (${said})` : '';
}

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

function answerOf({ status, headers }: Response): string {
  return status === 200 ? (headers.get('content-type') ?? '') || 'nothing' : String(status);
}

function claimIn({ claim, expected, claims }: z.infer<typeof comparison>): string {
  const found = claims?.[claim];
  const told = expected === undefined ? '' : `: it is ${shown(found)}, and not ${shown(expected)}`;
  return ` (${claim})${told}`;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 200);
}
