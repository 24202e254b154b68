import type { Element, Node } from '@xmldom/xmldom';
import { elementsIn, is, isElement, nodesIn } from './element.js';
import { NS } from './names.js';
import { SamlRefusal } from './refusal.js';

/**
 * Names that mean something in what is signed, and that some readers look for without their namespace: elsewhere they
 * would be read as what they are not.
 */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ...['Response', 'LogoutRequest', 'LogoutResponse'].map((name) => [name, NS.protocol] as const),
  ...['Assertion', 'EncryptedAssertion'].map((name) => [name, NS.assertion] as const),
  ...['Signature', 'SignedInfo', 'SignatureValue', 'SignatureMethod', 'CanonicalizationMethod'].map(
    (name) => [name, NS.signature] as const,
  ),
  ...['Reference', 'Transforms', 'Transform', 'DigestValue', 'KeyInfo', 'Object', 'Manifest'].map(
    (name) => [name, NS.signature] as const,
  ),
]);

/** Elements whose text decides identity; comments and markup in them are refused. */
const WORDS: readonly string[] = ['NameID', 'AttributeValue', 'Issuer', 'Audience'];

/** Refuses what no signature can make right, wherever in the document it stands. */
export function refuseDisguise(root: Element): void {
  const ids = new Set<string>();
  const visit = (element: Element, inWords: boolean): void => {
    refuseOtherNamespace(element);
    refuseSecondId(element, ids);
    if (is(element, NS.signature, 'Signature')) refuseMisplaced(element, root);
    const words = inWords || WORDS.includes(element.localName);
    const leaf = elementsIn(element).length === 0;
    for (const node of nodesIn(element)) {
      if (isElement(node)) visit(node, words);
      else refuseHidden(node, element, words || leaf);
    }
  };
  visit(root, false);
}

/** Finds all assertions at any depth, encrypted or not: more than one would allow signature wrapping. */
export function onlyAssertion(root: Element): Element {
  const found: Element[] = [];
  const visit = (element: Element): void => {
    if (is(element, NS.assertion, 'Assertion') || is(element, NS.assertion, 'EncryptedAssertion')) {
      found.push(element);
    }
    elementsIn(element).forEach(visit);
  };
  visit(root);
  const [one, another] = found;
  if (another) throw new SamlRefusal('several_assertions', `The response holds ${found.length} assertions.`);
  if (!one) throw new SamlRefusal('no_assertion', 'The response holds no assertion.');
  if (one === root || one.parentNode === root) return one;
  throw new SamlRefusal('signature_shape', 'The assertion does not stand directly in the response.');
}

function refuseOtherNamespace(element: Element): void {
  const namespace = RESERVED.get(element.localName);
  if (namespace === undefined || element.namespaceURI === namespace) return;
  throw new SamlRefusal(
    'namespace_confusion',
    `An element is called ${element.nodeName} without being what that name says.`,
  );
}

/** Verifiers that follow references do so to ID, Id and id, whatever namespace they have. */
function refuseSecondId(element: Element, ids: Set<string>): void {
  for (const { name, localName, value } of Array.from(element.attributes)) {
    if (localName.toLowerCase() !== 'id' || name.startsWith('xmlns')) continue;
    if (name.includes(':')) {
      throw new SamlRefusal('namespace_confusion', `${element.nodeName} has an ID in a namespace: ${name}.`);
    }
    if (ids.has(value))
      throw new SamlRefusal('duplicate_id', `The ID “${value.slice(0, 100)}” occurs twice.`);
    ids.add(value);
  }
  const spellings = ['ID', 'Id', 'id'].filter((name) => element.hasAttribute(name));
  if (spellings.length > 1) {
    throw new SamlRefusal('duplicate_id', `${element.nodeName} has several IDs: ${spellings.join(', ')}.`);
  }
}

function refuseMisplaced(signature: Element, root: Element): void {
  const parent = signature.parentNode;
  const assertion = parent && isElement(parent) && is(parent, NS.assertion, 'Assertion');
  if (parent === root || (assertion && parent.parentNode === root)) return;
  throw new SamlRefusal(
    'signature_shape',
    'A signature stands neither in the response nor in the assertion itself.',
  );
}

function refuseHidden(node: Node, parent: Element, inWords: boolean): void {
  if (node.nodeType === node.TEXT_NODE) return;
  const what = node.nodeType === node.COMMENT_NODE ? 'a comment' : 'CDATA';
  if (parent.namespaceURI === NS.signature) {
    throw new SamlRefusal('signature_shape', `There is ${what} in ${parent.nodeName}.`);
  }
  // Between elements a comment says nothing; within text it ends the text for some readers.
  if (node.nodeType === node.COMMENT_NODE && !inWords) return;
  throw new SamlRefusal('hidden_text', `There is ${what} in ${parent.nodeName}.`);
}
