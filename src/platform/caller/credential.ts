/** What a call presents to prove who it is, told apart by form alone. */
export type Credential =
  | { kind: 'none' }
  | { kind: 'api_key'; secret: string }
  | { kind: 'project_key'; key: string; carrier: ProjectKeyCarrier }
  | { kind: 'access_token'; token: string }
  | { kind: 'internal' }
  | { kind: 'malformed'; why?: 'no_bearer' | 'empty' };

/**
 * Where the key of a project stands in a call: `x-api-key` and the `api_key` of the URL name the project by themselves,
 * the header `Authorization` goes with `x-project-id`.
 */
export type ProjectKeyCarrier = 'authorization' | 'x-api-key' | 'url';

/** What proves a sibling: a certificate that the listener has checked before it read a byte, or a shared secret. */
export type InternalProof = { kind: 'certificate' } | { kind: 'secret'; secret: string | undefined };
