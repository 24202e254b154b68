import { timestampMs } from '@bufbuild/protobuf/wkt';
import { ConnectionState, LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import type { Setup } from './sso-setup.calls.js';

const TEST_COUNTS_MS = 60 * 60_000;

/** A condition of enforcing single sign-on, and whether it is met. */
export interface Condition {
  met: boolean;
  text: string;
}

/** What the page says beforehand; the API decides when the button is pressed. */
export function conditionsOf({ self, domains, connections, logins }: Setup, now: number): Condition[] {
  const active = connections.filter(({ state }) => state === ConnectionState.ACTIVE);
  const tested = logins.some(
    ({ test, outcome, email, completedAt, connectionId }) =>
      test &&
      outcome === LoginOutcome.SUCCEEDED &&
      email === self.email &&
      completedAt !== undefined &&
      now - timestampMs(completedAt) < TEST_COUNTS_MS &&
      active.some(({ id }) => id === connectionId),
  );
  return [
    { met: domains.some(({ verifiedAt }) => verifiedAt), text: 'An e-mail domain is proven.' },
    {
      met: active.some(({ speaksForAll }) => speaksForAll),
      text: 'An active connection signs in all members, super admins included.',
    },
    {
      met: tested,
      text: `A test login as ${self.email} through an active connection succeeded within the last hour.`,
    },
  ];
}
