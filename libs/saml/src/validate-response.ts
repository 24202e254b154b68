import type { Element } from '@xmldom/xmldom';
import { attributesOf, nameIn } from './assertion.js';
import {
  checkedConfirmation,
  checkedLife,
  checkedSession,
  refuseOtherAudience,
  requestNamedBy,
} from './conditions.js';
import type { Clock } from './conditions.js';
import type { SamlConnection } from './connection.js';
import { decodeBase64, decodeUtf8 } from './decode.js';
import { decrypted } from './decrypt.js';
import { attributeOf, childOf, is, textOf } from './element.js';
import { LARGEST_MESSAGE, LONGEST_ENCODED, SKEW_MS } from './limits.js';
import {
  refuseOtherDestination,
  refuseOtherIssuer,
  refuseOtherVersion,
  refusing,
  statusCode,
} from './message.js';
import { NS, STATUS_SUCCESS } from './names.js';
import { quoted, SamlRefusal } from './refusal.js';
import { verifySigned } from './signature.js';
import type { Signed } from './signature.js';
import { onlyAssertion, refuseDisguise } from './structure.js';
import { parseXml } from './xml.js';

/** What counts once of an answer. */
export interface Once {
  assertionId: string;
  /** Until then the assertion is good. */
  usableUntil: Date;
  /** Absent when the sign-in began at the identity provider. */
  requestId?: string;
}

/** What was used before, remembered where every process sees it. Asked only after everything else holds. */
export interface OneTimeUse {
  /**
   * Marks the assertion as used, then the request. Returns `replayed` when the assertion was used before,
   * `unknown_request` when the request is used or not of this connection. A repeated assertion is reported as
   * such, not as an unknown request.
   */
  use(once: Once): Promise<'first' | 'replayed' | 'unknown_request'>;
}

export interface ResponseInput {
  /** The field of the posted form, in base64. */
  samlResponse: string;
  now: Date;
  oneTimeUse: OneTimeUse;
  maxSkewMs?: number;
}

export interface SamlLogin {
  nameId: string;
  nameIdFormat: string;
  nameQualifier?: string;
  spNameQualifier?: string;
  sessionIndex?: string;
  sessionNotOnOrAfter?: Date;
  attributes: Record<string, string[]>;
  /** Absent when the sign-in began at the identity provider. */
  inResponseTo?: string;
  assertionId: string;
  issuer: string;
  encrypted: boolean;
  signed: 'assertion' | 'response' | 'both';
  certificateFingerprint: string;
}

/** Throws SamlRefusal. What it returns was read from signed bytes only. */
export async function validateResponse(connection: SamlConnection, input: ResponseInput): Promise<SamlLogin> {
  const { login, usableUntil } = refusing(() => checkedResponse(connection, input));
  const { assertionId, inResponseTo: requestId } = login;
  const used = await input.oneTimeUse.use({ assertionId, usableUntil, requestId });
  if (used === 'replayed') throw new SamlRefusal('replayed', 'This assertion was used before.');
  if (used === 'unknown_request') throw unknownRequest(requestId, connection);
  return login;
}

function checkedResponse(
  connection: SamlConnection,
  { samlResponse, now, maxSkewMs = SKEW_MS }: ResponseInput,
): { login: SamlLogin; usableUntil: Date } {
  const clock: Clock = { now, skewMs: maxSkewMs };
  const xml = decodeUtf8(decodeBase64(samlResponse, LONGEST_ENCODED), LARGEST_MESSAGE);
  const { response, assertion, ...how } = trusted(xml, connection, now);
  refuseOtherDestination(response.element, connection.acsUrl, { required: response.signed });
  for (const element of [response.element, assertion]) refuseOtherVersion(element);
  refuseOtherIssuer(response.element, connection, { required: false });
  refuseOtherIssuer(assertion, connection, { required: true });
  refuseOtherAudience(assertion, connection);
  const confirmation = checkedConfirmation(assertion, connection, clock);
  const inResponseTo = requestAnswered(response, confirmation.inResponseTo);
  if (inResponseTo === undefined && !connection.allowIdpInitiated) {
    throw new SamlRefusal(
      'unsolicited',
      'The sign-in began at the identity provider, which this connection does not allow.',
    );
  }
  const usableUntil = checkedLife(assertion, clock);
  const mustBeFresh = inResponseTo !== undefined && connection.forceAuthn === true;
  const session = checkedSession(assertion, clock, { mustBeFresh });
  const login: SamlLogin = {
    ...nameIn(childOf(assertion, NS.assertion, 'Subject'), connection.keys),
    ...session,
    attributes: attributesOf(assertion),
    inResponseTo,
    assertionId: idOf(assertion),
    issuer: connection.idp.entityId,
    ...how,
  };
  return { login, usableUntil };
}

interface Response {
  readonly element: Element;
  readonly signed: boolean;
}

interface Trusted {
  readonly response: Response;
  readonly assertion: Element;
  readonly encrypted: boolean;
  readonly signed: SamlLogin['signed'];
  readonly certificateFingerprint: string;
}

/** Finds what was signed, and what signed it. The rest of the document is not looked at again. */
function trusted(xml: string, connection: SamlConnection, now: Date): Trusted {
  const root = parseXml(xml, LARGEST_MESSAGE);
  if (!is(root, NS.protocol, 'Response')) {
    throw new SamlRefusal('not_a_response', `The message is no SAML response, but ${quoted(root.nodeName)}.`);
  }
  refuseFailure(root);
  refuseDisguise(root);
  const written = onlyAssertion(root);
  // Told before the keys are tried: another identity provider has other keys, too.
  refuseOtherIssuer(root, connection, { required: false });
  const whole = verifySigned(root, connection, now);
  const encrypted = is(written, NS.assertion, 'EncryptedAssertion');
  const place = whole ? onlyAssertion(whole.element) : written;
  const plain = encrypted ? opened(place, connection) : written;
  if (!whole) refuseOtherIssuer(plain, connection, { required: true });
  const own = verifySigned(plain, connection, now);
  const by = own ?? whole;
  if (!by) throw new SamlRefusal('unsigned', 'Neither the response nor the assertion is signed.');
  return {
    response: { element: (whole ?? { element: root }).element, signed: whole !== undefined },
    assertion: own?.element ?? (encrypted ? plain : place),
    encrypted,
    signed: signedBy(own, whole),
    certificateFingerprint: by.certificate.fingerprint,
  };
}

function opened(encrypted: Element, { keys }: SamlConnection): Element {
  const element = parseXml(decrypted(encrypted, keys), LARGEST_MESSAGE);
  refuseDisguise(element);
  if (onlyAssertion(element) === element && is(element, NS.assertion, 'Assertion')) return element;
  throw new SamlRefusal('no_assertion', 'What was encrypted is no assertion.');
}

function signedBy(own: Signed | undefined, whole: Signed | undefined): SamlLogin['signed'] {
  if (own && whole) return 'both';
  return own ? 'assertion' : 'response';
}

/** The refusal of the identity provider itself, which few sign. It grants nothing, so it may be believed. */
function refuseFailure(response: Element): void {
  const code = statusCode(childOf(response, NS.protocol, 'Status'));
  if (code && attributeOf(code, 'Value') === STATUS_SUCCESS) return;
  const values = [code, statusCode(code)].flatMap((each) => (each ? (attributeOf(each, 'Value') ?? []) : []));
  const status = childOf(response, NS.protocol, 'Status');
  const message = status && childOf(status, NS.protocol, 'StatusMessage');
  throw new SamlRefusal(
    'status',
    `The identity provider answered ${values.map(quoted).join(', ') || 'without a status'}` +
      `${message ? `: ${quoted(textOf(message))}` : ''}.`,
  );
}

/** The request that the signed part answers; the unsigned part must say the same. */
function requestAnswered(response: Response, confirmed: string | undefined): string | undefined {
  const named = requestNamedBy(response.element);
  const agree = named === undefined || named === confirmed;
  if (agree || (response.signed && confirmed === undefined)) return confirmed ?? named;
  throw new SamlRefusal(
    'in_response_to',
    `The response answers ${quoted(named)}, but the signed assertion answers ${quoted(confirmed)}.`,
  );
}

/** Some providers send an invented InResponseTo in an unsolicited response; then the advice differs. */
function unknownRequest(id: string | undefined, { allowIdpInitiated }: SamlConnection): SamlRefusal {
  return allowIdpInitiated
    ? new SamlRefusal(
        'idp_initiated_with_request',
        `The response answers ${quoted(id)}, which is no open request of this connection. ` +
          'If the sign-in began at the identity provider, it must not name a request.',
      )
    : new SamlRefusal(
        'unknown_request',
        `The response answers ${quoted(id)}, which is no open request here.`,
      );
}

function idOf(assertion: Element): string {
  const id = attributeOf(assertion, 'ID') ?? '';
  if (id !== '' && id.length <= 256) return id;
  throw new SamlRefusal('malformed', 'The assertion has no ID.');
}
