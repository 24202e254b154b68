// One set of rules for every host: the segmenter of the machine's own language would make other summaries elsewhere.
const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Before a dot, these end no sentence; in the languages that messages are written in. */
const ABBREVIATIONS = new Set(
  [
    'dr mr mrs ms mx prof rev hon gen col capt lt sgt st sr jr messrs',
    'e.g i.e vs cf approx dept est inc ltd co corp ext fig vol a.m p.m u.s u.k',
    'jan feb mar apr jun jul aug sep sept oct nov dec',
    'hr fr frl z.b bzw ca ggf inkl exkl zzgl evtl vgl str tel nr abs dipl ing med d.h u.a o.ä geb',
    'm mm mme mlle mgr sra srta dra ud uds sig dott avv egr gent exmo dhr mevr mw bijv drs',
  ].flatMap((words) => words.split(' ')),
);
/** In these a number with a dot is an ordinal: "am 3. Mai". */
const ORDINAL_DOT = new Set([
  'cs',
  'da',
  'de',
  'et',
  'fi',
  'hr',
  'hu',
  'is',
  'lv',
  'nb',
  'nn',
  'no',
  'pl',
  'sk',
  'sl',
  'sr',
  'tr',
]);

const GREETING = new RegExp(
  `^(?:${[
    'hello|hi|hey|dear|good (?:morning|day|afternoon|evening)|greetings',
    'hallo|guten (?:morgen|tag|abend)|liebe[rs]?|sehr geehrte[rs]?|moin|servus|grüezi|grüß gott',
    'bonjour|bonsoir|salut|ch(?:er|ère)s?|hola|buen(?:os|as) (?:días|tardes|noches)|estimad[oa]s?|querid[oa]s?',
    'ciao|buongiorno|buonasera|salve|gentil[ei]|car[aeio]|olá|oi|bom dia|boa (?:tarde|noite)|prezad[oa]s?',
    'beste|geachte|goede(?:morgen|middag|navond)|hej|hei|kära?|kære|kjære|cześć|dzień dobry|szanown[aey]|merhaba|sayın|sevgili',
    'こんにちは|おはようございます|こんばんは|你好|您好|大家好|尊敬的|안녕하세요',
  ].join('|')})(?![\\p{L}\\p{N}'’-])[^\\n,!:;]{0,60}[,!:;，、！：。.]?$`,
  'iu',
);
const MOST_WORDS = 6;

/** The first sentence that says something: behind a greeting that stands alone, if anything follows it. */
export function firstSentence(lines: readonly string[], locale: string): string {
  let first: string | undefined;
  for (const line of lines) {
    for (const sentence of sentencesOf(line, locale)) {
      if (!isGreeting(sentence)) return sentence;
      first ??= sentence;
    }
  }
  return first ?? '';
}

function isGreeting(sentence: string): boolean {
  return GREETING.test(sentence) && sentence.split(/\s+/).length <= MOST_WORDS;
}

function* sentencesOf(line: string, locale: string): Generator<string> {
  let sentence = '';
  for (const { segment } of segmenter.segment(line)) {
    if (sentence !== '' && endsSentence(sentence, segment, locale)) {
      yield sentence.trimEnd();
      sentence = '';
    }
    sentence += segment;
  }
  if (sentence.trim() !== '') yield sentence.trimEnd();
}

/** Whether the segmenter's boundary is one for people. */
function endsSentence(before: string, after: string, locale: string): boolean {
  const text = before.trimEnd();
  // In an address, a question mark is followed by more of it. Ideographic marks need no blank behind them.
  if (/^\p{Ll}/u.test(after) || (text === before && /[.?!]$/.test(text))) return false;
  const word = /(?:^|[\s(])([\p{L}\p{N}][\p{L}\p{N}.]*)\.$/u.exec(text)?.[1];
  if (word === undefined) return true;
  const lower = word.toLowerCase();
  if (ABBREVIATIONS.has(lower) || /^\p{L}(?:\.\p{L})*$/u.test(word)) return false;
  // "No. 5", but "No. Stay out."
  if (lower === 'no') return !/^\d/.test(after);
  return !(/^\d{1,2}$/.test(word) && ORDINAL_DOT.has(locale.split('-', 1)[0] ?? ''));
}
