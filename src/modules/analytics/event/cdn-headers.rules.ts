import type { PropertyValue } from './event-record.js';

/** A header of the request by its lowercase name, if a proxy that may say so sent the request. */
export type ProxyHeader = (name: string) => string | undefined;

/** Codes for an unknown country and for Tor. */
const noCountries: ReadonlySet<string> = new Set(['XX', 'T1']);
const unknownPlace = 'Unknown';

const texts: readonly (readonly [header: string, property: string, ignored: ReadonlySet<string>])[] = [
  ['cf-ipcontinent', '$continent', new Set()],
  ['cf-ipcountry', '$country', noCountries],
  ['cf-region', '$region', new Set([unknownPlace])],
  ['cf-ipcity', '$city', new Set([unknownPlace])],
  ['cf-postal-code', '$postalCode', new Set()],
  ['cf-metro-code', '$metroCode', new Set()],
  ['cf-timezone', '$timezone', new Set()],
];

const numbers: readonly (readonly [header: string, property: string])[] = [
  ['cf-iplatitude', '$latitude'],
  ['cf-iplongitude', '$longitude'],
];

/** Where the client is, as a CDN says it. */
export function placeOfHeaders(header: ProxyHeader): Map<string, PropertyValue> {
  const place = new Map<string, PropertyValue>();
  for (const [name, property, ignored] of texts) {
    const value = utf8(header(name) ?? '').trim();
    if (value !== '' && !ignored.has(value)) place.set(property, { type: 'string', value });
  }
  for (const [name, property] of numbers) {
    const text = header(name) ?? '';
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) place.set(property, { type: 'double', value });
  }
  return place;
}

/** What a CDN thinks of the client: `$bot_score` from 0 to 255, and `$verified_bot`. */
export function botOfHeaders(header: ProxyHeader): Map<string, PropertyValue> {
  const bot = new Map<string, PropertyValue>();
  const score = header('cf-bot-score') ?? '';
  if (/^\d{1,3}$/.test(score) && Number(score) <= 255)
    bot.set('$bot_score', { type: 'integer', value: BigInt(score) });
  const verified = header('cf-verified-bot');
  if (verified === 'true' || verified === 'false')
    bot.set('$verified_bot', { type: 'boolean', value: verified === 'true' });
  return bot;
}

/** Headers are read one character a byte; CDNs write names of places in UTF-8. */
function utf8(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\0-\xff]/.test(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  } catch {
    return text;
  }
}
