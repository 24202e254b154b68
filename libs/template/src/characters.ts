const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** More code units than any cluster that people write: family emoji have 11, flags of regions 14. */
const LONGEST_CLUSTER = 32;

/** Characters are Unicode code points, as the limits of the contract count them. */
export function isLongerThan(text: string, limit: number): boolean {
  return text.length > limit && endOf(text, limit) < text.length;
}

/** The first `limit` characters, a few less rather than part of a letter with its accents or of an emoji. */
export function truncate(text: string, limit: number): string {
  const end = endOf(text, limit);
  if (end === text.length || isPlain(text.charCodeAt(end))) return text.slice(0, end);
  const cluster = graphemes.segment(text.slice(0, end + LONGEST_CLUSTER)).containing(end);
  return text.slice(0, cluster && end - cluster.index <= LONGEST_CLUSTER ? cluster.index : end);
}

/** Printable ASCII always starts a grapheme cluster; the segmenter costs more than rendering the message. */
function isPlain(codeUnit: number): boolean {
  return codeUnit >= 0x20 && codeUnit < 0x7f;
}

/** The index after the first `limit` code points. */
function endOf(text: string, limit: number): number {
  let end = 0;
  for (let count = 0; count < limit && end < text.length; count++) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return end;
}
