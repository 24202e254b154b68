import type { Element } from '@xmldom/xmldom';
import { decrypted } from './decrypt.js';
import { attributeOf, childOf, childrenOf, elementsIn, is, textOf } from './element.js';
import { LARGEST_MESSAGE } from './limits.js';
import { NAME_ID, NS } from './names.js';
import { SamlRefusal } from './refusal.js';
import type { SpKey } from './sp-key.js';
import { refuseDisguise } from './structure.js';
import { parseXml } from './xml.js';

export interface Name {
  readonly nameId: string;
  readonly nameIdFormat: string;
  /** Among whose names it is one, where the provider says so: it knows the person by all of it. */
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string;
}

/** The NameID of a signed subject or logout request; some providers encrypt it separately. */
export function nameIn(parent: Element | undefined, keys: readonly SpKey[]): Name {
  const element = parent && nameIdIn(parent, keys);
  const nameId = element ? textOf(element) : '';
  if (!element || nameId.trim() === '') {
    throw new SamlRefusal('no_subject', 'The identity provider does not say who the person is: no NameID.');
  }
  return {
    nameId,
    nameIdFormat: attributeOf(element, 'Format') ?? NAME_ID.unspecified,
    nameQualifier: attributeOf(element, 'NameQualifier'),
    spNameQualifier: attributeOf(element, 'SPNameQualifier'),
  };
}

function nameIdIn(parent: Element, keys: readonly SpKey[]): Element | undefined {
  const plain = childOf(parent, NS.assertion, 'NameID');
  const encrypted = childOf(parent, NS.assertion, 'EncryptedID');
  if (!encrypted) return plain;
  if (plain) throw new SamlRefusal('malformed', `${parent.nodeName} holds a NameID and an EncryptedID.`);
  const element = parseXml(decrypted(encrypted, keys), LARGEST_MESSAGE);
  refuseDisguise(element);
  if (is(element, NS.assertion, 'NameID')) return element;
  throw new SamlRefusal('no_subject', 'What was encrypted is no NameID.');
}

/**
 * All values by name, in order: some providers repeat the attribute in place of the value. By its friendly name, too, where
 * no attribute has that for its name.
 */
export function attributesOf(assertion: Element): Record<string, string[]> {
  const values = new Map<string, string[]>();
  const attributes = childrenOf(assertion, NS.assertion, 'AttributeStatement').flatMap((statement) =>
    childrenOf(statement, NS.assertion, 'Attribute'),
  );
  const friendly = new Map<string, string[]>();
  for (const attribute of attributes) {
    const [name, alias] = ['Name', 'FriendlyName'].map((one) => attributeOf(attribute, one)?.trim() ?? '');
    if (!name && !alias) throw new SamlRefusal('malformed', 'An attribute has no name.');
    const own = childrenOf(attribute, NS.assertion, 'AttributeValue').flatMap(simpleValue);
    if (name) values.set(name, [...(values.get(name) ?? []), ...own]);
    // Names that are numbers (`urn:oid:…`) are told by what people call them as well.
    if (alias && !friendly.has(alias)) friendly.set(alias, own);
  }
  return Object.fromEntries([...friendly, ...values]);
}

/** Attribute values with child elements cannot be mapped. */
function simpleValue(element: Element): string[] {
  return elementsIn(element).length === 0 ? [textOf(element)] : [];
}
