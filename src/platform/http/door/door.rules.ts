const KiB = 1024;

/** Forms of pages hold some lines of text. */
const FORM_BYTES = 64 * KiB;

/** What browsers and providers post is larger at some addresses, by the beginning of their paths. */
const largerForms: readonly [prefix: string, bytes: number][] = [
  // A SAML message with its certificates and attributes, in base64 and percent-encoded.
  ['/sso/saml/', 256 * KiB],
  // 512 KiB of metadata, percent-encoded.
  ['/setup/', 1024 * KiB],
];

/** The largest body that a plain route reads. */
export function bodyLimitOf(path: string): number {
  return largerForms.find(([prefix]) => path.startsWith(prefix))?.[1] ?? FORM_BYTES;
}

export interface PlainRequest {
  readonly method: string;
  readonly path: string;
}

/** Whether a request takes a token of its address: whatever has a body, and whatever asks about a connection. */
export function isCounted({ method, path }: PlainRequest): boolean {
  if (hasDoorOfItsOwn(path)) return false;
  return isProvidersAffair(path) || !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** Whether an answer gives the token back: a page that did something made calls, which count by themselves. */
export function isRefunded({ path }: PlainRequest, status: number): boolean {
  return status < 400 && !isProvidersAffair(path);
}

/** SCIM proves a token first; who has one is limited by their organization. */
function hasDoorOfItsOwn(path: string): boolean {
  return path === '/scim' || path.startsWith('/scim/');
}

function isProvidersAffair(path: string): boolean {
  return path.startsWith('/sso/');
}
