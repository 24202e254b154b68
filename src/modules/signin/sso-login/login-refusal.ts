import { explainRefusal, type SamlRefusalReason } from '@dovecote/saml';

/** The cause of a refused login, for the admins of the connection. The browser sees only the login id. */
export class LoginRefusal extends Error {
  override readonly name = 'LoginRefusal';
  constructor(
    /** `domain_not_proven`: stable, shown in the trace. */
    readonly reason: string,
    /** A sentence: what was found. */
    readonly detail: string,
    options?: ErrorOptions & {
      /** The member whom it concerns. */
      userId?: string;
    },
  ) {
    super(detail, options);
    this.userId = options?.userId;
  }

  readonly userId: string | undefined;
}

const ADVICE: Readonly<Partial<Record<string, string>>> = {
  connection_disabled: 'Activate the connection, or use another one.',
  subject_too_long: 'Configure the provider to send a subject (NameID, sub) of at most 512 characters.',
  no_email:
    'Configure the provider to send an e-mail address, or set the attribute that holds it in the connection.',
  domain_not_proven: 'Prove the domain by its DNS record, or correct the address at the provider.',
  member_deactivated: 'Reactivate the member if access is intended.',
  beyond_reach:
    'Have a super admin review the connection and save its settings; then it admits every member.',
  not_a_member: 'Invite the person, or enable “Create members at their first login” in the connection.',
  subject_taken:
    'Check at the provider who uses this account now: it sends the address of another member. Correct the address there, or release the account here (SubjectService.UnbindSubject).',
  second_subject:
    'If it is the same person, bind the member to this account (SubjectService.BindSubject); if the address now belongs to another person, change the member’s address or deactivate the member first.',
  relay_state: 'Set the RelayState at the provider to a URL that the connection lists.',
  provider_error: 'Check the log of the provider: it refused the sign-in.',
  unknown_request: 'Start the sign-in again; it expired, or began in another browser.',
  issuer_unreachable: 'Check that the server can reach the provider.',
  invalid_token: 'Check the named part of the token: its format is not supported.',
  endpoint_unreachable: 'Check that the server can reach this endpoint of the provider over https.',
  endpoint_answer: 'Check the log of the provider: its endpoint answers with an error or an HTML page.',
  client_refused: 'Compare client id and secret with the provider’s; the secret may have expired.',
  code_refused:
    'Compare the redirect URI at the provider with the one of this connection, and start again: a code is valid once, and for a short time.',
  tokens_refused: 'Check the log of the provider: it refuses this client or the requested scopes.',
  no_id_token: 'Enable OpenID Connect for this client at the provider: it must allow the scope openid.',
  response_issuer:
    'Compare the issuer of this connection with the one that the provider names in its answer.',
  token_issuer: 'Set the issuer of this connection to exactly the one that the provider names in its tokens.',
  token_audience: 'Set the client id of this connection to the one that the provider issues tokens for.',
  token_nonce:
    'Start again: the token belongs to another login. If it happens each time, look for a proxy or cache that replays responses.',
  token_expired: 'Compare the clocks: the provider’s is behind this server’s, or the response was delayed.',
  token_not_yet_valid: 'Compare the clocks: the provider’s is ahead of this server’s.',
  token_signature:
    'The token was changed after it was signed, or the provider publishes another key under the same id.',
  token_key: 'Configure the provider to publish its signing key at its jwks_uri.',
  token_algorithm:
    'Configure the provider to sign ID tokens with RS256 or another algorithm of its discovery document.',
  token_claim: 'Check the named claim: it is missing or has an unexpected format.',
  token_malformed: 'Configure the provider to send signed, unencrypted ID tokens (JWS).',
  userinfo:
    'Check the response of the userinfo endpoint: its sub must match the ID token, and a signature must be the provider’s.',
  userinfo_unreachable:
    'Configure the provider to send the e-mail address in the ID token, or make its userinfo endpoint reachable for this server.',
  email_not_verified: 'Have the provider verify the person’s e-mail address.',
};

/** What to change so that such a login succeeds, in a sentence; empty when it succeeded. */
export function adviceOn(reason: string): string {
  if (reason === '') return '';
  // A reason that is not in the table came from libs/saml.
  return ADVICE[reason] ?? explainRefusal(reason as SamlRefusalReason);
}
