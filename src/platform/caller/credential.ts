/** What a call presents to prove who it is, told apart by form alone. */
export type Credential =
  | { kind: 'none' }
  | { kind: 'api_key'; secret: string }
  | { kind: 'access_token'; token: string }
  | { kind: 'internal' }
  | { kind: 'malformed' };

/** What proves a sibling: a certificate that the listener has checked before it read a byte, or a shared secret. */
export type InternalProof = { kind: 'certificate' } | { kind: 'secret'; secret: string | undefined };
