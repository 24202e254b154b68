import type { Element } from '@xmldom/xmldom';
import { nameIn } from './assertion.js';
import { refuseFuture, refusePast, refuseWindow, requiredInstant } from './conditions.js';
import type { Clock } from './conditions.js';
import type { SamlConnection } from './connection.js';
import { attributeOf, childOf, childrenOf, is, textOf } from './element.js';
import { received } from './incoming.js';
import type { Delivery } from './incoming.js';
import { SKEW_MS } from './limits.js';
import {
  refuseOtherDestination,
  refuseOtherIssuer,
  refuseOtherVersion,
  refusing,
  statusCode,
} from './message.js';
import { NS, STATUS_SUCCESS } from './names.js';
import { quoted, SamlRefusal } from './refusal.js';

export type LogoutInput = Delivery & { now: Date; maxSkewMs?: number };

export interface ReceivedLogoutRequest {
  /** What the answer names. */
  id: string;
  nameId: string;
  nameIdFormat: string;
  /** The sessions to end; empty: all sessions of the subject. */
  sessionIndexes: string[];
  relayState?: string;
}

export interface ReceivedLogoutResponse {
  /** The caller checks that this is an open logout request of the connection. */
  inResponseTo: string;
  success: boolean;
  relayState?: string;
}

/** A browser delivers a message at once: an older one may be a replay. */
const LONGEST_WAY_MS = 10 * 60_000;

/** Throws SamlRefusal: also when it is not signed. A repeated one ends sessions that have ended. */
export async function validateLogoutRequest(
  connection: SamlConnection,
  input: LogoutInput,
): Promise<ReceivedLogoutRequest> {
  return refusing(() => {
    const { element, relayState } = received(input, 'SAMLRequest', connection, input.now);
    checkMessage(element, 'LogoutRequest', connection, input);
    return {
      id: required(element, 'ID'),
      ...nameIn(element, connection.keys),
      sessionIndexes: childrenOf(element, NS.protocol, 'SessionIndex').map(textOf),
      relayState,
    };
  });
}

/** Throws SamlRefusal: also when it is not signed. */
export async function validateLogoutResponse(
  connection: SamlConnection,
  input: LogoutInput,
): Promise<ReceivedLogoutResponse> {
  return refusing(() => {
    const { element, relayState } = received(input, 'SAMLResponse', connection, input.now);
    checkMessage(element, 'LogoutResponse', connection, input);
    const code = statusCode(childOf(element, NS.protocol, 'Status'));
    return {
      inResponseTo: required(element, 'InResponseTo'),
      success: code !== undefined && attributeOf(code, 'Value') === STATUS_SUCCESS,
      relayState,
    };
  });
}

function checkMessage(
  element: Element,
  name: string,
  connection: SamlConnection,
  { now, maxSkewMs = SKEW_MS }: LogoutInput,
): void {
  if (!is(element, NS.protocol, name)) {
    throw new SamlRefusal('not_a_logout', `The message is no ${name}, but ${quoted(element.nodeName)}.`);
  }
  const clock: Clock = { now, skewMs: maxSkewMs };
  refuseOtherVersion(element);
  refuseOtherDestination(element, connection.sloUrl, { required: true });
  refuseOtherIssuer(element, connection, { required: true });
  const issued = requiredInstant(element, 'IssueInstant');
  refuseFuture(issued, 'The message was issued', clock);
  refusePast(new Date(issued.getTime() + LONGEST_WAY_MS), 'The time for bringing the message ended', clock);
  refuseWindow(element, 'The message', clock);
}

function required(element: Element, name: string): string {
  const value = attributeOf(element, name) ?? '';
  if (value !== '' && value.length <= 256) return value;
  throw new SamlRefusal('malformed', `${element.nodeName} has no ${name}.`);
}
