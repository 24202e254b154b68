import Bowser from 'bowser';
import { isbot } from 'isbot';
import type { RecognizedAgent } from './user-agent.rules.js';

/** Longest header that is read; of a longer one only the beginning is read: expressions search it from every character. */
const LONGEST = 1_024;

/** Bowser also takes the first word of any program for the name of a browser. */
const browsers: ReadonlySet<string> = new Set(Object.values(Bowser.BROWSER_MAP));

/**
 * A program that calls an HTTP library is no bot, although `isbot` says so: it runs no page, so that what it sends it was
 * told to send, as server SDKs are. Bots load pages as browsers do, or say what they are.
 */
const program = /^(?!mozilla\/)(?!.*(?:bot|crawl|spider|headless|externalhit|preview|monitor|scan))/i;

/** What the header User-Agent says; empty values: nothing. */
export function recognizedAgent(header: string): RecognizedAgent {
  const userAgent = header.slice(0, LONGEST);
  const isBot = isbot(userAgent) && !program.test(userAgent);
  if (userAgent === '') return { ...nothing, isBot };
  const { browser, os, platform } = Bowser.parse(userAgent);
  const isBrowser = browser.name !== undefined && browsers.has(browser.name);
  return {
    browser: isBrowser ? (browser.name ?? '') : '',
    browserVersion: isBrowser ? (browser.version ?? '') : '',
    os: os.name ?? '',
    osVersion: os.version ?? '',
    osRelease: os.versionName ?? '',
    device: platform.type ?? '',
    isPad: platform.model === 'iPad',
    saysMobile: userAgent.includes('Mobile'),
    isBot,
  };
}

const nothing: Omit<RecognizedAgent, 'isBot'> = {
  browser: '',
  browserVersion: '',
  os: '',
  osVersion: '',
  osRelease: '',
  device: '',
  isPad: false,
  saysMobile: false,
};
