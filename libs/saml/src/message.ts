import type { Element } from '@xmldom/xmldom';
import type { SamlConnection } from './connection.js';
import { attributeOf, childOf, textOf } from './element.js';
import { NS } from './names.js';
import { quoted, SamlRefusal } from './refusal.js';
import { XmlError } from './xml-error.js';

/** Runs checks of a message; a document that cannot be read is a refusal like the others. */
export function refusing<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof XmlError) throw new SamlRefusal(error.reason, error.message, { cause: error });
    throw error;
  }
}

export function statusCode(parent: Element | undefined): Element | undefined {
  return parent && childOf(parent, NS.protocol, 'StatusCode');
}

export function refuseOtherDestination(
  message: Element,
  url: string | undefined,
  { required }: { required: boolean },
): void {
  const destination = attributeOf(message, 'Destination');
  if (destination === undefined ? !required : destination === url) return;
  throw new SamlRefusal(
    'wrong_destination',
    `The message is meant for ${quoted(destination)}, but came to ${quoted(url)}.`,
  );
}

export function refuseOtherVersion(element: Element): void {
  const version = attributeOf(element, 'Version');
  if (version === '2.0') return;
  throw new SamlRefusal('malformed', `${element.nodeName} has version ${quoted(version)}, and not 2.0.`);
}

export function refuseOtherIssuer(
  element: Element,
  { idp }: SamlConnection,
  { required }: { required: boolean },
): void {
  const issuer = childOf(element, NS.assertion, 'Issuer');
  const name = issuer && textOf(issuer).trim();
  if (name === idp.entityId.trim() || (name === undefined && !required)) return;
  throw new SamlRefusal(
    'wrong_issuer',
    `The message is from ${quoted(name)}, but this connection trusts ${quoted(idp.entityId)}.`,
  );
}
