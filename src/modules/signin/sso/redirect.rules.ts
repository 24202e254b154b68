/**
 * Whether a browser may be sent there after a sign-in: one of the installation's own, to the letter, or a native
 * app that listens on a loopback address (RFC 8252), on whatever port.
 */
export function isAllowedRedirect(uri: string, listed: readonly string[]): boolean {
  if (listed.includes(uri)) return true;
  if (!URL.canParse(uri)) return false;
  const url = new URL(uri);
  const loopback = url.hostname === '127.0.0.1' || url.hostname === '[::1]';
  return (
    url.protocol === 'http:' && loopback && url.username === '' && url.password === '' && url.hash === ''
  );
}
