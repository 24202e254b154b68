/** Why a login is refused, for those who run the connection; whoever signs in hears of it by its id only. */
export class LoginRefusal extends Error {
  override readonly name = 'LoginRefusal';
  constructor(
    /** `domain_not_proven`: stable, shown in the trace. */
    readonly reason: string,
    /** A sentence: what was found. */
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  connection_disabled: 'Activate the connection, or let people use another one.',
  subject_too_long: 'Let the provider know people by a name (NameID, sub) of at most 512 characters.',
  no_email: 'Let the provider send an e-mail address, or name the attribute that holds it.',
  domain_not_proven: 'Prove the domain by its DNS record, or correct the address at the provider.',
  member_deactivated: 'Reactivate the member if they belong in.',
  beyond_reach:
    'Let a super admin look at the connection and save its settings; then it speaks for everybody.',
  not_a_member: 'Invite the person, or let the connection take in people who are no members yet.',
  subject_taken: 'Look at the provider who uses this account now; it used to be another member’s.',
  relay_state: 'Set the relay state at the provider to one that the connection lists.',
  provider_error: 'Look into the log of the provider: it refused the sign-in itself.',
  unknown_request: 'Begin the sign-in anew; it was begun too long ago, or somewhere else.',
  issuer_unreachable: 'Check that the provider can be reached from the server.',
  invalid_token: 'Compare issuer, client id and the clocks of both sides.',
  email_not_verified: 'Let the provider verify the person’s e-mail address.',
};

/** What to change, in a sentence; undefined when the reason is not one of ours. */
export function adviceFor(reason: string): string | undefined {
  return Object.hasOwn(ADVICE, reason) ? ADVICE[reason] : undefined;
}
