import type { XmlErrorReason } from './xml-error.js';

/** Why a message of an identity provider is refused: for the login trace of the connection's admins. */
export type SamlRefusalReason =
  | XmlErrorReason
  | 'not_a_response'
  | 'not_a_logout'
  | 'status'
  | 'no_assertion'
  | 'several_assertions'
  | 'duplicate_id'
  | 'namespace_confusion'
  | 'hidden_text'
  | 'unsigned'
  | 'signature_shape'
  | 'sha1'
  | 'signature_algorithm'
  | 'bad_signature'
  | 'unknown_signing_key'
  | 'certificate_expired'
  | 'encryption_algorithm'
  | 'decryption'
  | 'wrong_issuer'
  | 'wrong_destination'
  | 'wrong_recipient'
  | 'wrong_audience'
  | 'no_bearer_confirmation'
  | 'no_subject'
  | 'not_yet_valid'
  | 'expired'
  | 'stale_sign_in'
  | 'in_response_to'
  | 'unsolicited'
  | 'unknown_request'
  | 'idp_initiated_with_request'
  | 'replayed';

/** The message is the same for every reason, so it can be shown to the sender. */
export class SamlRefusal extends Error {
  override readonly name = 'SamlRefusal';
  constructor(
    readonly reason: SamlRefusalReason,
    /** A sentence for the connection's admins. */
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super('The message of the identity provider was refused.', options);
  }
}

const ADVICE: Record<SamlRefusalReason, string> = {
  too_large: 'Send fewer attributes: restrict the groups to those that this application needs.',
  malformed: 'Look for a proxy or a form in between that changes, cuts or compresses the SAMLResponse field.',
  doctype: 'Turn off whatever adds a DOCTYPE to the message; SAML has none.',
  processing_instruction: 'Turn off whatever adds processing instructions to the message; SAML has none.',
  relative_namespace: 'Give every namespace that your attributes declare an absolute URI.',
  not_a_response:
    'Check that the application’s ACS URL is set as the assertion consumer service, with the POST binding.',
  not_a_logout:
    'Check that our logout URL is set as the single logout service, with a binding of our metadata.',
  status: 'Look into the log of the identity provider: it refused the sign-in itself.',
  no_assertion: 'Assign the person to the application, and let the identity provider send an assertion.',
  several_assertions: 'Let the identity provider send one assertion in each response.',
  duplicate_id: 'Let the identity provider give each element an ID of its own.',
  namespace_confusion: 'Send SAML 2.0 with its own namespaces, and no attributes that imitate it.',
  hidden_text: 'Remove comments, CDATA and markup from names and attribute values.',
  unsigned: 'Turn on signing of the assertion, the response, or both.',
  signature_shape:
    'Sign the assertion or the response as a whole, with one enveloped signature and exclusive canonicalization.',
  sha1: 'Choose RSA-SHA256 as signature algorithm and SHA-256 as digest.',
  signature_algorithm:
    'Choose RSA or ECDSA with SHA-256, SHA-384 or SHA-512 and exclusive canonicalization without comments.',
  bad_signature:
    'The message was changed after it was signed: look for a proxy or a plug-in that rewrites it.',
  unknown_signing_key:
    'Update the identity provider’s metadata here: it signs with a certificate that this connection does not know.',
  certificate_expired: 'Renew the signing certificate at the identity provider and update its metadata here.',
  encryption_algorithm: 'Choose AES-GCM for the content and RSA-OAEP for the key, or turn encryption off.',
  decryption:
    'Give the identity provider this connection’s present encryption certificate: reload our metadata there.',
  wrong_issuer: 'Check that the identity provider’s entity id is the one in the metadata of this connection.',
  wrong_destination: 'Set the ACS URL at the identity provider to exactly the one of this connection.',
  wrong_recipient:
    'Set the recipient (ACS URL) at the identity provider to exactly the one of this connection.',
  wrong_audience:
    'Set the audience (entity id of the application) at the identity provider to the one of this connection.',
  no_bearer_confirmation:
    'Let the identity provider use the Web Browser SSO profile with bearer confirmation.',
  no_subject: 'Let the identity provider send a NameID.',
  not_yet_valid: 'Compare the clocks: the identity provider’s is ahead of ours.',
  expired: 'Compare the clocks, and sign in again without waiting on the way.',
  stale_sign_in:
    'Sign in at the identity provider anew: its session there is too old, or its clock is wrong.',
  in_response_to:
    'Let the identity provider name the request in the signed assertion exactly as in the response.',
  unsolicited: 'Begin at our sign-in page, or allow sign-ins that begin at the identity provider.',
  unknown_request:
    'Begin anew at our sign-in page: this sign-in was answered before, took too long, or belongs elsewhere.',
  idp_initiated_with_request:
    'Let the identity provider leave InResponseTo out when the sign-in begins there, or begin at our sign-in page.',
  replayed: 'Begin anew: this assertion was used before.',
};

/** What to change at the identity provider, in one sentence. */
export function explainRefusal(reason: SamlRefusalReason): string {
  return ADVICE[reason];
}

/** Values of others in our sentences are quoted and cut. */
export function quoted(value: string | undefined): string {
  if (value === undefined) return 'nothing';
  return value.length > 200 ? `“${value.slice(0, 200)}…”` : `“${value}”`;
}
