import { describe, expect, test } from '@jest/globals';
import { refuseRevision, refuseStatus, refuseTranslation, revised, withdraws } from './translation.rules.js';
import { type Translation, translationStatus, type TranslationStatus } from './translation.js';

const { draft, aiTranslated, inReview, approved } = translationStatus;
const statuses = [draft, aiTranslated, inReview, approved];

const source = { title: 'Hello {{name}}', body: 'Bring {{item}}.', sourceLocale: 'en' };
const text = { locale: 'es', title: 'Hola {{name}}', body: 'Trae {{item}}.' };
const translation: Translation = {
  ...text,
  id: 'translation',
  templateId: 'template',
  version: 1,
  status: draft,
  translatedBy: 'ai:model',
  reviewedBy: '',
  reviewedAt: null,
  createdAt: new Date(0),
};
const approval = { status: approved, reviewedBy: 'max', reviewedAt: new Date(1) };
const nothing = { title: '', body: '', status: undefined };

const reasonOf = (error: { reason: string } | undefined) => error?.reason;
const fieldsOf = (error: ReturnType<typeof refuseTranslation>) =>
  error?.details.violations?.map(({ field, description }) => `${field} ${description}`);

describe('a new translation', () => {
  test.each<[string, Partial<typeof text>, TranslationStatus | undefined, string[]]>([
    [
      'the language of the source',
      { locale: 'en' },
      draft,
      ['locale is the language that the template is written in'],
    ],
    ['APPROVED', {}, approved, ['status APPROVED is given by ApproveTemplateTranslation alone']],
    ['a lost placeholder', { body: 'Trae algo.' }, draft, ['body lacks {{item}} of the source']],
    ['one more', { body: 'Trae {{item}} {{x}}.' }, draft, ['body has {{x}}, unlike the source']],
    ['a title without', { title: 'Hola' }, draft, ['title lacks {{name}} of the source']],
    ['no text', { body: ' \n' }, draft, ['body must not be empty', 'body lacks {{item}} of the source']],
  ])('is refused for %s', (_what, changed, status, violations) => {
    expect(fieldsOf(refuseTranslation(source, { ...text, ...changed }, status))).toEqual(violations);
  });

  test.each([undefined, draft, aiTranslated, inReview])('may begin with status %j', (status) => {
    expect(refuseTranslation(source, text, status)).toBeUndefined();
  });

  test('may leave the title to the source', () => {
    expect(refuseTranslation(source, { ...text, title: '' }, draft)).toBeUndefined();
  });
});

describe('the status', () => {
  const open = [draft, aiTranslated, inReview];

  test.each(open.flatMap((current) => [undefined, ...open].map((wanted) => [current, wanted] as const)))(
    'goes from %j to %j, whether or not the text changes',
    (current, wanted) => {
      for (const changesText of [false, true])
        expect(refuseStatus(current, wanted, changesText)).toBeUndefined();
    },
  );

  test.each(statuses)('is not set from %j to APPROVED by an update', (status) => {
    const refusal = refuseRevision(source, { ...translation, status }, { ...nothing, status: approved });
    expect(fieldsOf(refusal)).toEqual(['status APPROVED is given by ApproveTemplateTranslation alone']);
  });

  test.each([
    [undefined, false, undefined],
    [undefined, true, 'TRANSLATION_APPROVED'],
    [draft, false, undefined],
    [draft, true, undefined],
    [inReview, false, undefined],
    [inReview, true, undefined],
    [aiTranslated, false, 'TRANSLATION_APPROVED'],
    [aiTranslated, true, 'TRANSLATION_APPROVED'],
  ] as const)('goes from APPROVED to %j with a change of text %j: %j', (wanted, changesText, reason) => {
    expect(reasonOf(refuseStatus(approved, wanted, changesText))).toBe(reason);
  });
});

describe('a revision', () => {
  test('is refused for a text that lost a placeholder, and only if the text changes', () => {
    const worse = { ...nothing, title: 'Hola', body: 'Trae {{otro}}.' };
    expect(fieldsOf(refuseRevision(source, translation, worse))).toEqual([
      'title lacks {{name}} of the source',
      'body lacks {{item}} of the source',
      'body has {{otro}}, unlike the source',
    ]);
    expect(fieldsOf(refuseRevision(source, translation, { ...nothing, body: ' ' }))).toContain(
      'body must not be empty',
    );
    expect(refuseRevision(source, translation, { ...nothing, body: text.body })).toBeUndefined();
  });

  test('that says what is already there changes nothing', () => {
    const given = { ...translation, ...approval };
    expect(revised(given, nothing)).toBe(given);
    expect(revised(given, { ...nothing, title: text.title, body: text.body })).toBe(given);
    expect(revised(translation, { ...nothing, status: draft })).toBe(translation);
    expect(refuseRevision(source, given, { ...nothing, title: text.title })).toBeUndefined();
  });

  test('withdraws an approval, and takes the reviewer and the time away', () => {
    const revision = { title: '', body: 'Lleva {{item}}.', status: inReview };
    const given = { ...translation, ...approval };
    expect(withdraws(given, revision)).toBe(true);
    expect(withdraws(translation, revision)).toBe(false);
    expect(withdraws(given, nothing)).toBe(false);
    expect(revised(given, revision)).toEqual({ ...translation, body: 'Lleva {{item}}.', status: inReview });
  });
});
