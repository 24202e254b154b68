import type { Contract } from './accepted-batch.js';
import type { PropertyValue } from './event-record.js';

/** What the parser made of the header User-Agent, in its words. */
export interface RecognizedAgent {
  /** Empty, as all texts here: not recognized. */
  readonly browser: string;
  readonly browserVersion: string;
  readonly os: string;
  readonly osVersion: string;
  /** What people call that version: `10` for Windows `NT 10.0`, `Catalina` for macOS 10.15. */
  readonly osRelease: string;
  /** `desktop`, `mobile`, `tablet`, `tv` or `bot`. */
  readonly device: string;
  readonly isPad: boolean;
  readonly saysMobile: boolean;
  readonly isBot: boolean;
}

const shippedBrowsers: ReadonlyMap<string, string> = new Map([
  ['Chrome', 'Google Chrome'],
  ['Edge', 'Microsoft Edge'],
  ['Mobile Safari', 'Safari'],
  ['Samsung Internet for Android', 'Samsung Internet'],
]);

const documentedBrowsers: ReadonlyMap<string, string> = new Map([
  ['Samsung Internet for Android', 'Samsung Internet'],
]);

const linux = /^(linux|ubuntu|debian|fedora|centos|red hat|opensuse|suse|mint|arch|gentoo|manjaro)\b/i;
const shownDevices: ReadonlySet<string> = new Set(['desktop', 'mobile', 'tablet', 'tv']);

/**
 * The automatic properties that follow from the user agent, under their stored names. The shipped contract names Chrome
 * `Google Chrome` and the major version, the documented one `Chrome` and three parts of the version.
 */
export function agentProperties(agent: RecognizedAgent, contract: Contract): Map<string, PropertyValue> {
  const properties = new Map<string, PropertyValue>();
  const set = (name: string, value: string): void => {
    if (value !== '') properties.set(name, { type: 'string', value });
  };
  const names = contract === 'shipped' ? shippedBrowsers : documentedBrowsers;
  const os = osOf(agent.os);
  set('$browser', names.get(agent.browser) ?? agent.browser);
  set('$browserVersion', versionOf(agent.browserVersion, contract === 'shipped' ? 1 : 3));
  set('$os', os);
  set('$osVersion', os === 'Windows' ? agent.osRelease || agent.osVersion : agent.osVersion);
  set('$device', deviceOf(agent, os));
  if (os !== '') properties.set('$mobile', { type: 'boolean', value: isMobile(agent, os) });
  return properties;
}

function osOf(name: string): string {
  if (name === 'Mac OS X') return 'macOS';
  return linux.test(name) ? 'Linux' : name;
}

function versionOf(version: string, parts: number): string {
  return version.split('.').slice(0, parts).join('.');
}

function deviceOf({ device }: RecognizedAgent, os: string): string {
  if (shownDevices.has(device)) return device;
  return os === 'Chrome OS' ? 'desktop' : '';
}

function isMobile({ isPad, saysMobile }: RecognizedAgent, os: string): boolean {
  return (os === 'iOS' && !isPad) || (os === 'Android' && saysMobile);
}
