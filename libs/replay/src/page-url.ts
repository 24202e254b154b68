const LONGEST = 2_000;
/** Ids, tokens, addresses: what names one person or opens a door. */
const telling = /@|%40|^(?=.*\d)[\w.~%-]{16,}$|^.{41,}$/i;

/** The address of a page without its query and fragment, and without segments of the path that look like a secret. */
export function pageUrl(href: string): string {
  if (!URL.canParse(href)) return 'about:blank';
  const { protocol, origin, pathname } = new URL(href);
  if (protocol !== 'https:' && protocol !== 'http:') return 'about:blank';
  const path = pathname
    .split('/')
    .map((segment) => (telling.test(segment) ? '*' : segment))
    .join('/');
  return `${origin}${path}`.slice(0, LONGEST);
}
