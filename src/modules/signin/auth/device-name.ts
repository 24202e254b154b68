import Bowser from 'bowser';

/** More is nothing that a browser sends. */
const LONGEST_USER_AGENT = 512;
const LONGEST_NAME = 100;

/** What to call a device that has not said: `Chrome on macOS`, or the program that calls. */
export function deviceNameOf(userAgent: string): string {
  const text = userAgent.slice(0, LONGEST_USER_AGENT).trim();
  if (text === '') return '';
  const { browser, os } = Bowser.parse(text);
  const isBrowser = text.startsWith('Mozilla/') && browser.name && os.name;
  const name = isBrowser ? `${browser.name} on ${os.name}` : (/^[^\s/(]+/.exec(text)?.[0] ?? '');
  return name.slice(0, LONGEST_NAME);
}
