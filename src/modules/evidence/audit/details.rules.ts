const MOST_PAIRS = 20;
const LONGEST_KEY = 50;
const LONGEST_VALUE = 500;
const DEEPEST = 8;

const removed = '[removed]';

/** Words in names of fields that hold personal data or secrets. Sibling services must send neither. */
const sensitiveWords = new Set(
  `email mail phone mobile msisdn tel name firstname lastname fullname displayname nickname username surname address
   street city zip postcode birthday birthdate dob ssn passport iban ip latitude longitude handle identifier recipient
   secret password passphrase token jwt cookie authorization credential credentials private pepper salt seed otp pin
   key keys plaintext ciphertext signature`.split(/\s+/),
);
/** A name with a sensitive word is harmless when it ends in one of these, as in `email_id`. */
const harmlessEndings = new Set(['id', 'ids', 'version', 'count', 'kind', 'type', 'purpose', 'alias', 'arn']);

const sensitiveText = new RegExp(
  [
    String.raw`[^\s@<>"']+@[^\s@<>"']+\.[^\s@<>"']+`, // mail addresses
    String.raw`\+\d[\d\s().-]{6,20}\d`, // phone numbers
    String.raw`\b\d{1,3}(\.\d{1,3}){3}\b`, // network addresses
    String.raw`\beyJ[\w-]+\.[\w-]+\.[\w-]*`, // tokens
    String.raw`-----BEGIN [^-]+-----`, // keys
  ].join('|'),
  'g',
);

/**
 * Flattens the details of a sibling's event to pairs of dotted path and text. Secrets and personal data are
 * redacted and marked as such; pairs above the limit are only counted.
 */
export function pairsOf(details: object): Record<string, string> {
  const pairs = new Map<string, string>();
  let surplus = 0;
  for (const { path, value } of leavesOf(details, [])) {
    if (pairs.size >= MOST_PAIRS - 1) surplus += 1;
    else pairs.set(storable(path.join('.').slice(-LONGEST_KEY)), textOf(path, value));
  }
  if (surplus > 0) pairs.set('left_out', String(surplus));
  return Object.fromEntries(pairs);
}

function* leavesOf(value: unknown, path: readonly string[]): Generator<{ path: string[]; value: unknown }> {
  if (typeof value !== 'object' || value === null) {
    yield { path: [...path], value };
  } else if (path.length >= DEEPEST) {
    yield { path: [...path], value: removed };
  } else {
    for (const [key, inner] of Object.entries(value)) yield* leavesOf(inner, [...path, key]);
  }
}

/** Anywhere on the path: what is inside of something private is private. */
function textOf(path: readonly string[], value: unknown): string {
  if (path.some(isSensitive)) return removed;
  // First: a NUL within a number must not hide it.
  const text = storable(String(value)).replaceAll(sensitiveText, removed);
  return storable(text.slice(0, LONGEST_VALUE));
}

function isSensitive(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => sensitiveWords.has(word)) && !harmlessEndings.has(words.at(-1) ?? '');
}

/** PostgreSQL stores any text but NUL and halves of characters, such as a cut leaves. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
