import type { Element } from '@xmldom/xmldom';
import type { SamlConnection } from './connection.js';
import { attributeOf, childOf, childrenOf, elementsIn, is, textOf } from './element.js';
import { readInstant } from './instant.js';
import { BEARER, NS } from './names.js';
import { quoted, SamlRefusal } from './refusal.js';

/** When it is, and by how much other clocks may differ. */
export interface Clock {
  readonly now: Date;
  readonly skewMs: number;
}

/** However long the identity provider says that it is valid: so long do we remember used assertions. */
const LONGEST_LIFE_MS = 24 * 3600 * 1000;
/** With ForceAuthn, how old the sign-in at the provider may be. */
const FRESH_SIGN_IN_MS = 3600 * 1000;
const KNOWN_CONDITIONS = ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'];

/** Until when the assertion could be used: throws when it cannot be used now. */
export function checkedLife(assertion: Element, clock: Clock): Date {
  const issued = requiredInstant(assertion, 'IssueInstant');
  refuseFuture(issued, 'The assertion was issued', clock);
  const conditions = conditionsOf(assertion);
  refuseWindow(conditions, 'The assertion', clock);
  const oldAge = new Date(issued.getTime() + LONGEST_LIFE_MS);
  refusePast(oldAge, 'The assertion was issued more than a day ago; it ended', clock);
  const ends = [
    oldAge,
    instantOf(conditions, 'NotOnOrAfter'),
    ...confirmationsOf(assertion).map((confirmation) => instantOf(confirmation, 'NotOnOrAfter')),
  ].filter((end) => end !== undefined);
  return new Date(Math.min(...ends.map((end) => end.getTime())) + clock.skewMs);
}

export function refuseOtherAudience(assertion: Element, { spEntityId }: SamlConnection): void {
  const restrictions = childrenOf(conditionsOf(assertion), NS.assertion, 'AudienceRestriction').map(
    (restriction) => childrenOf(restriction, NS.assertion, 'Audience').map((each) => textOf(each).trim()),
  );
  // Several restrictions all hold; within one, any audience does.
  if (restrictions.length > 0 && restrictions.every((audiences) => audiences.includes(spEntityId))) return;
  const named = restrictions.flat().map(quoted).join(', ') || 'no audience';
  throw new SamlRefusal(
    'wrong_audience',
    `The assertion is meant for ${named}, but this connection’s entity id is ${quoted(spEntityId)}.`,
  );
}

export interface Confirmation {
  readonly inResponseTo?: string;
}

/** The one bearer confirmation that holds. Of several, one is enough. */
export function checkedConfirmation(
  assertion: Element,
  connection: SamlConnection,
  clock: Clock,
): Confirmation {
  const all = confirmationsOf(assertion);
  if (all.length === 0) {
    throw new SamlRefusal(
      'no_bearer_confirmation',
      'The assertion has no bearer confirmation of its subject.',
    );
  }
  const refusals = all.map((data) => refusalOf(() => refuseConfirmation(data, connection, clock)));
  const holds = refusals.indexOf(undefined);
  if (holds === -1) throw refusals[0]!;
  return { inResponseTo: requestNamedBy(all[holds]!) };
}

/** Some providers leave the name empty where there is no request. */
export function requestNamedBy(element: Element): string | undefined {
  return attributeOf(element, 'InResponseTo')?.trim() || undefined;
}

function refuseConfirmation(data: Element, { acsUrl }: SamlConnection, clock: Clock): void {
  const recipient = attributeOf(data, 'Recipient');
  if (recipient !== acsUrl) {
    throw new SamlRefusal(
      'wrong_recipient',
      `The assertion is to be received at ${quoted(recipient)}, but this connection’s ACS URL is ${quoted(acsUrl)}.`,
    );
  }
  requiredInstant(data, 'NotOnOrAfter');
  refuseWindow(data, 'The confirmation of the subject', clock);
}

export interface Session {
  readonly sessionIndex?: string;
  readonly sessionNotOnOrAfter?: Date;
}

export function checkedSession(
  assertion: Element,
  clock: Clock,
  { mustBeFresh }: { mustBeFresh: boolean },
): Session {
  const statements = childrenOf(assertion, NS.assertion, 'AuthnStatement');
  const [first] = statements;
  if (!first) throw new SamlRefusal('stale_sign_in', 'The assertion does not say when the person signed in.');
  for (const statement of statements) {
    const signedIn = requiredInstant(statement, 'AuthnInstant');
    refuseFuture(signedIn, 'The person signed in', clock);
    const age = clock.now.getTime() - signedIn.getTime();
    if (mustBeFresh && age > FRESH_SIGN_IN_MS + clock.skewMs) {
      throw new SamlRefusal(
        'stale_sign_in',
        `A new sign-in was requested, but the last one was at ${signedIn.toISOString()}.`,
      );
    }
    const end = instantOf(statement, 'SessionNotOnOrAfter');
    if (end) refusePast(end, 'The session at the identity provider ended', clock);
  }
  return {
    sessionIndex: attributeOf(first, 'SessionIndex'),
    sessionNotOnOrAfter: instantOf(first, 'SessionNotOnOrAfter'),
  };
}

function conditionsOf(assertion: Element): Element {
  const conditions = childOf(assertion, NS.assertion, 'Conditions');
  if (!conditions)
    throw new SamlRefusal('wrong_audience', 'The assertion does not say for whom it is meant.');
  const unknown = elementsIn(conditions).find(
    (condition) => !KNOWN_CONDITIONS.some((name) => is(condition, NS.assertion, name)),
  );
  if (!unknown) return conditions;
  throw new SamlRefusal(
    'malformed',
    `The assertion has a condition that we do not know: ${unknown.nodeName}.`,
  );
}

function confirmationsOf(assertion: Element): Element[] {
  const subject = childOf(assertion, NS.assertion, 'Subject');
  return (subject ? childrenOf(subject, NS.assertion, 'SubjectConfirmation') : [])
    .filter((confirmation) => attributeOf(confirmation, 'Method') === BEARER)
    .flatMap((confirmation) => childOf(confirmation, NS.assertion, 'SubjectConfirmationData') ?? []);
}

function refusalOf(check: () => void): SamlRefusal | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof SamlRefusal) return error;
    throw error;
  }
}

export function refuseWindow(element: Element, what: string, clock: Clock): void {
  const begin = instantOf(element, 'NotBefore');
  const end = instantOf(element, 'NotOnOrAfter');
  if (begin) refuseFuture(begin, `${what} is valid`, clock);
  if (end) refusePast(end, `${what} ended`, clock);
}

export function refuseFuture(instant: Date, what: string, { now, skewMs }: Clock): void {
  if (instant.getTime() <= now.getTime() + skewMs) return;
  throw new SamlRefusal(
    'not_yet_valid',
    `${what} from ${instant.toISOString()} on, and here it is ${now.toISOString()}.`,
  );
}

export function refusePast(instant: Date, what: string, { now, skewMs }: Clock): void {
  if (now.getTime() < instant.getTime() + skewMs) return;
  throw new SamlRefusal(
    'expired',
    `${what} at ${instant.toISOString()}, and here it is ${now.toISOString()}.`,
  );
}

function instantOf(element: Element, name: string): Date | undefined {
  const text = attributeOf(element, name);
  const instant = text === undefined ? undefined : readInstant(text);
  if (text === undefined || instant) return instant;
  throw new SamlRefusal('malformed', `${name} is no time: ${quoted(text)}.`);
}

export function requiredInstant(element: Element, name: string): Date {
  const instant = instantOf(element, name);
  if (instant) return instant;
  throw new SamlRefusal('malformed', `${element.nodeName} has no ${name}.`);
}
