/** What is read of a discovery document. */
export type DiscoveryDocument = Readonly<Record<string, unknown>>;

/** How tokens may be signed: by keys that the provider publishes. */
export const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const REQUIRED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'];
const OPTIONAL = ['userinfo_endpoint', 'end_session_endpoint'];
const AUTHENTICATION = ['client_secret_basic', 'client_secret_post'];
const LONGEST_URL = 2048;

/** Why the document is not usable for sign-in, in a sentence that names the field; undefined when it is. */
export function defectOf(document: DiscoveryDocument, allowHttp: boolean): string | undefined {
  const unusable = REQUIRED.find((name) => !isEndpoint(document[name], allowHttp));
  if (unusable) {
    return document[unusable] === undefined
      ? `The discovery document has no ${unusable}.`
      : `The ${unusable} of the discovery document is not a usable https URL: ${shown(document[unusable])}.`;
  }
  return (
    lacking(document, 'response_types_supported', ['code']) ??
    lacking(document, 'token_endpoint_auth_methods_supported', AUTHENTICATION) ??
    lacking(document, 'id_token_signing_alg_values_supported', ALGORITHMS)
  );
}

/** Without endpoints that can be done without, and cannot be used; with what may sign an answer of userinfo. */
export function usablePartOf<Document extends object>(document: Document, allowHttp: boolean): Document {
  const all: [string, unknown][] = Object.entries(document);
  const usable = all.filter(([name, value]) => !OPTIONAL.includes(name) || isEndpoint(value, allowHttp));
  const known = new Map(usable).get('userinfo_signing_alg_values_supported');
  const listed = Array.isArray(known) ? ALGORITHMS.filter((one) => known.includes(one)) : ALGORITHMS;
  return {
    ...(Object.fromEntries(usable) as Document),
    userinfo_signing_alg_values_supported: listed,
  };
}

/** The specification's default where the document does not say. */
export function takesSecretInForm(methods: unknown): boolean {
  return Array.isArray(methods) && methods.includes('client_secret_post');
}

function isEndpoint(value: unknown, allowHttp: boolean): boolean {
  if (typeof value !== 'string' || value.length > LONGEST_URL) return false;
  const url = URL.parse(value);
  const isWeb = url?.protocol === 'https:' || (allowHttp && url?.protocol === 'http:');
  return isWeb && url?.username === '' && url.password === '' && url.hash === '';
}

function lacking(document: DiscoveryDocument, name: string, needed: readonly string[]): string | undefined {
  const offered = document[name];
  if (offered === undefined) return undefined;
  if (Array.isArray(offered) && offered.some((one) => needed.includes(one as string))) return undefined;
  return `The discovery document offers ${shown(offered)} as ${name}, and none of ${needed.join(', ')}.`;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}
