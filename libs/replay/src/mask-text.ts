/** Stands for eight characters or a begun eight: how long a text is shows roughly, for the layout of the page. */
const WORD = '*******';
const MOST_WORDS = 40;
const PII_START = '{{pii}}';
const PII_END = '{{/pii}}';

/** What stands in place of every value: neither its length nor the number of keystrokes shows. */
const MASKED_VALUE = '********';

/** Empty stays empty: whether a field was filled in shows. */
export function maskValue(value: string): string {
  return value === '' ? '' : MASKED_VALUE;
}

/** Asterisks in place of a text, in words, so that it wraps. A text of white space stays one. */
export function maskText(text: string): string {
  if (text.trim() === '') return text === '' ? '' : ' ';
  const words = Math.min(Math.ceil(text.length / (WORD.length + 1)), MOST_WORDS);
  return Array.from({ length: words }, () => WORD).join(' ');
}

/** Masks what a template's personal variables have put between markers, to the end when one is open. */
export function maskMarked(text: string): string {
  if (!text.includes(PII_START)) return text;
  const [before = '', ...rest] = text.split(PII_START);
  const masked = rest.map((part) => {
    const end = part.indexOf(PII_END);
    return MASKED_VALUE + (end < 0 ? '' : part.slice(end + PII_END.length));
  });
  return before + masked.join('');
}
