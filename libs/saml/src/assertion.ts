import type { Element } from '@xmldom/xmldom';
import { attributeOf, childOf, childrenOf, elementsIn, textOf } from './element.js';
import { NAME_ID, NS } from './names.js';
import { SamlRefusal } from './refusal.js';

export interface Name {
  readonly nameId: string;
  readonly nameIdFormat: string;
  /** Among whose names it is one, where the provider says so: it knows the person by all of it. */
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string;
}

/** Of a subject or a logout request. */
export function nameIn(parent: Element | undefined): Name {
  const element = parent && childOf(parent, NS.assertion, 'NameID');
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

/** All values by name, in order: some providers repeat the attribute in place of the value. */
export function attributesOf(assertion: Element): Record<string, string[]> {
  const values = new Map<string, string[]>();
  const attributes = childrenOf(assertion, NS.assertion, 'AttributeStatement').flatMap((statement) =>
    childrenOf(statement, NS.assertion, 'Attribute'),
  );
  for (const attribute of attributes) {
    const name = attributeOf(attribute, 'Name');
    if (name === undefined) throw new SamlRefusal('malformed', 'An attribute has no name.');
    const own = childrenOf(attribute, NS.assertion, 'AttributeValue').flatMap(simpleValue);
    values.set(name, [...(values.get(name) ?? []), ...own]);
  }
  return Object.fromEntries(values);
}

/** Values with a structure of their own are nothing that we could map. */
function simpleValue(element: Element): string[] {
  return elementsIn(element).length === 0 ? [textOf(element)] : [];
}
