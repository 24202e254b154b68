import type { PropertyValue } from '../../event/index.js';

/** Systems by the beginning of what products call them. */
const systems: readonly (readonly [RegExp, string])[] = [
  [/^(mac ?os|macintosh|mac$|os x)/i, 'macOS'],
  [/^(ios|ipados|iphone|ipad|ipod|apple (iphone|ipad|ipod))/i, 'iOS'],
  [/^windows/i, 'Windows'],
  [/^(chrome ?os|chromium ?os|chromebook)/i, 'Chrome OS'],
  [/^android/i, 'Android'],
  [/^(linux|ubuntu|fedora|debian)/i, 'Linux'],
];

/** Kinds of devices by the beginning of what products call them. */
const devices: readonly (readonly [RegExp, string])[] = [
  [/^(desktop|pc$|windows$|mac$|mac os|macintosh|linux|chrome ?os|chromebook)/i, 'desktop'],
  [/^(tablet|ipad|apple ipad)/i, 'tablet'],
  [/^(mobile|phone|smartphone|ios$|iphone|ipod|apple iphone|android|windows phone|blackberry)/i, 'mobile'],
  [/^(tv$|smart ?tv|apple tv)/i, 'tv'],
];

const countryCode = /^[A-Za-z]{2}$/;
const languageTag = /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/;
/** Names that differ from those of the Unicode CLDR, which Node knows. */
const otherNames: readonly (readonly [string, string])[] = [
  ['turkey', 'TR'],
  ['czech republic', 'CZ'],
  ['hong kong', 'HK'],
  ['macau', 'MO'],
  ['myanmar', 'MM'],
  ["cote d'ivoire", 'CI'],
  ['macedonia', 'MK'],
  ['swaziland', 'SZ'],
  ['palestine', 'PS'],
  ['bosnia and herzegovina', 'BA'],
  ['trinidad and tobago', 'TT'],
];
let countries: ReadonlyMap<string, string> | undefined;

/** What this product calls the operating system; undefined: not recognized. */
export function systemOf(name: string): string | undefined {
  return systems.find(([pattern]) => pattern.test(name))?.[1];
}

/**
 * Says what other products have sent in the words that live events have: the kind of a device, the system, the code of the
 * country. What has no such word is kept under another name, because it is something else.
 */
export function inOwnWords(properties: Map<string, PropertyValue>): void {
  renamed(properties, '$device', 'device', (name) => devices.find(([pattern]) => pattern.test(name))?.[1]);
  renamed(properties, '$country', 'country_name', codeOf);
  renamed(properties, '$locale', 'language', (tag) => (languageTag.test(tag) ? tag : undefined));
  const os = textIn(properties, '$os');
  if (os !== undefined) properties.set('$os', text(systemOf(os) ?? os));
}

/** Gives a property its own word, or where there is none another name. */
function renamed(
  properties: Map<string, PropertyValue>,
  name: string,
  other: string,
  wordFor: (text: string) => string | undefined,
): void {
  const given = textIn(properties, name);
  if (given === undefined) return;
  const word = wordFor(given);
  if (word !== undefined) properties.set(name, text(word));
  else properties.delete(name);
  if (word?.toLowerCase() !== given.toLowerCase() && !properties.has(other))
    properties.set(other, text(given));
}

function textIn(properties: ReadonlyMap<string, PropertyValue>, name: string): string | undefined {
  const value = properties.get(name);
  return value?.type === 'string' ? value.value : undefined;
}

function text(value: string): PropertyValue {
  return { type: 'string', value };
}

function codeOf(name: string): string | undefined {
  if (countryCode.test(name)) return name.toUpperCase();
  countries ??= countriesByName();
  return countries.get(name.toLowerCase());
}

function countriesByName(): ReadonlyMap<string, string> {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const letters = Array.from({ length: 26 }, (_, n) => String.fromCharCode(65 + n));
  const known = letters
    .flatMap((first) => letters.map((second) => first + second))
    .flatMap((code) => {
      const name = names.of(code);
      return name === undefined ? [] : [[name.toLowerCase(), code] as const];
    });
  return new Map([...otherNames, ...known]);
}
