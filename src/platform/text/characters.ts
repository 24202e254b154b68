/**
 * Characters that are invisible, or change how their neighbours are read: controls, characters that Unicode
 * tells programs to ignore in display (Default_Ignorable_Code_Point: zero-width spaces, joiners, soft
 * hyphens, byte order marks, variation selectors), characters that set the direction of text (Bidi_Control),
 * line and paragraph separators, surrogates and noncharacters; and, by code point, blank characters without
 * such a property (annotation marks, the blank Braille pattern).
 */
const hidden = String.raw`[\p{Cc}\p{DI}\p{Bidi_C}\p{Zl}\p{Zp}\p{Cs}\p{NChar}\uFFF9-\uFFFB\u2800]`;

/** Where some of them belong to the spelling of a word or to the shape of one character. */
const spelled = [
  // An emoji, alone or of several: family, flag of a nation's part, key cap.
  String.raw`\p{ExtPict}(?:[\uFE0E\uFE0F]|\p{EMod})?(?:\u200D\p{ExtPict}(?:[\uFE0E\uFE0F]|\p{EMod})?)*`,
  String.raw`\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]+\u{E007F}`,
  String.raw`[0-9#*]\uFE0F\u20E3`,
  // Variants of ideographs, as in Japanese names, and of Mongolian letters.
  String.raw`\p{Ideographic}[\uFE00-\uFE02\u{E0100}-\u{E01EF}]`,
  String.raw`(?<=\p{Script=Mongolian})[\u180B-\u180D\u180F]`,
  // Joiners between letters of Arabic and Syriac script (Persian needs them), and after the virama of Indic scripts.
  String.raw`(?<=[\p{scx=Arab}\p{scx=Syrc}])[\u200C\u200D](?=[\p{scx=Arab}\p{scx=Syrc}])`,
  String.raw`(?<=\p{M})(?<=[\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Mymr}\p{scx=Khmr}])[\u200C\u200D]`,
];

// The longest first: a flag of a nation's part begins as an emoji does.
const spelledOrHidden = new RegExp(`(${[spelled[1], ...spelled].join('|')})|${hidden}`, 'gu');
const anyHidden = new RegExp(hidden, 'u');
const ignorable = /\p{DI}/gu;
const ascii = /[\0-\x7F]/;
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** The first hidden character that stands where it has no business. */
export function hiddenIn(text: string): string | undefined {
  for (const [found, isSpelled] of text.matchAll(spelledOrHidden)) if (isSpelled === undefined) return found;
  return undefined;
}

/** For addresses, where nothing hidden has any business, nor what some mapping turns into another character. */
export function misleadingIn(text: string): string | undefined {
  return anyHidden.exec(text)?.[0] ?? [...text].find(standsForAnother);
}

export function withoutHidden(text: string): string {
  return text.replaceAll(spelledOrHidden, (_found, kept: string | undefined) => kept ?? '');
}

export function withoutIgnorable(text: string): string {
  return text.replaceAll(ignorable, '');
}

export function isVisible(text: string): boolean {
  return visible.test(withoutIgnorable(text));
}

/** `U+202E`, as character tables write it. */
export function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Compatibility forms, second code points of one letter, and what becomes an ASCII letter in another case. */
function standsForAnother(character: string): boolean {
  if (ascii.test(character)) return false;
  const composed = character.normalize('NFC');
  if (character.normalize('NFKC') !== composed) return true;
  if (composed !== character && [...composed].length === 1) return true;
  const upper = character.toUpperCase();
  return ascii.test(character.toLowerCase()) || (upper.length === 1 && ascii.test(upper));
}
