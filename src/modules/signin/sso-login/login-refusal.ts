import { explainRefusal, type SamlRefusalReason } from '@dovecote/saml';

/** Why a login is refused, for those who run the connection; whoever signs in hears of it by its id only. */
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
  connection_disabled: 'Activate the connection, or let people use another one.',
  subject_too_long: 'Let the provider know people by a name (NameID, sub) of at most 512 characters.',
  no_email: 'Let the provider send an e-mail address, or name the attribute that holds it.',
  domain_not_proven: 'Prove the domain by its DNS record, or correct the address at the provider.',
  member_deactivated: 'Reactivate the member if they belong in.',
  beyond_reach:
    'Let a super admin look at the connection and save its settings; then it speaks for everybody.',
  not_a_member: 'Invite the person, or let the connection take in people who are no members yet.',
  subject_taken:
    'Look at the provider who uses this account now: its address is another member’s. Correct the address there, or release the account here (SubjectService.UnbindSubject).',
  second_subject:
    'If it is the same person, bind the member to this account (SubjectService.BindSubject); if the address went to somebody else, give the member another address or deactivate them first.',
  relay_state: 'Set the relay state at the provider to one that the connection lists.',
  provider_error: 'Look into the log of the provider: it refused the sign-in itself.',
  unknown_request: 'Begin the sign-in anew; it was begun too long ago, or somewhere else.',
  issuer_unreachable: 'Check that the provider can be reached from the server.',
  invalid_token:
    'Look at the part of the token that is named: the provider writes it in a form that cannot be taken.',
  endpoint_unreachable:
    'Check that this endpoint of the provider can be reached from the server, over https.',
  endpoint_answer: 'Look into the log of the provider: its endpoint answers with an error, or with a page.',
  client_refused:
    'Compare client id and secret with those at the provider; the secret may have expired there.',
  code_refused:
    'Compare the redirect URI at the provider with the one of this connection, and begin anew: a code is good once, and for a short time.',
  tokens_refused: 'Look into the log of the provider: it refuses this client or what it asks for.',
  no_id_token: 'Let the provider speak OpenID Connect with this client: the scope openid has to be allowed.',
  response_issuer:
    'Compare the issuer of this connection with the one that the provider names in its answer.',
  token_issuer: 'Set the issuer of this connection to exactly the one that the provider names in its tokens.',
  token_audience: 'Set the client id of this connection to the one that the provider issues tokens for.',
  token_nonce:
    'Begin anew: the token is of another login. If it happens each time, look for a proxy or a cache in between.',
  token_expired: 'Compare the clocks: the provider’s is behind ours, or the answer took too long on the way.',
  token_not_yet_valid: 'Compare the clocks: the provider’s is ahead of ours.',
  token_signature:
    'The token was changed after it was signed, or the provider publishes another key under the same id.',
  token_key: 'Let the provider publish the key that it signs with at its jwks_uri.',
  token_algorithm:
    'Let the provider sign ID tokens with RS256 or another algorithm that it lists in its discovery document.',
  token_claim: 'Look at the claim that is named: the provider leaves it out, or writes it in another form.',
  token_malformed: 'Let the provider send signed, unencrypted ID tokens (JWS).',
  userinfo:
    'Look at what the userinfo endpoint answers: it must be about the person of the ID token, and signed by the provider if it is signed.',
  userinfo_unreachable:
    'Let the provider put the e-mail address into the ID token, or let its userinfo endpoint answer this server.',
  email_not_verified: 'Let the provider verify the person’s e-mail address.',
};

/** What to change so that such a login succeeds, in a sentence; empty when it succeeded. */
export function adviceOn(reason: string): string {
  if (reason === '') return '';
  // A reason that is not in the table came from libs/saml.
  return ADVICE[reason] ?? explainRefusal(reason as SamlRefusalReason);
}
