import { placeholderDifference } from '@dovecote/template';
import {
  type AppError,
  failedPrecondition,
  type FieldViolation,
  invalidArgument,
} from '../../../platform/errors/index.js';
import type { TemplateVersion } from './template-version.js';
import {
  type Translation,
  type TranslatedText,
  translationStatus,
  type TranslationStatus,
} from './translation.js';

export interface Revision {
  /** Empty: unchanged. */
  title: string;
  /** Empty: unchanged. */
  body: string;
  /** Undefined: unchanged. */
  status: TranslationStatus | undefined;
}

type Source = Pick<TemplateVersion, 'title' | 'body' | 'sourceLocale'>;

/** Why a translation cannot be added; undefined when it can. */
export function refuseTranslation(
  source: Source,
  text: TranslatedText,
  status: TranslationStatus | undefined,
): AppError | undefined {
  const violations = [
    ...ownLanguage(source, text.locale),
    ...textViolations(source, text),
    ...approval(status),
  ];
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

/** Why a translation cannot be changed like this; undefined when it can. */
export function refuseRevision(
  source: Source,
  translation: Translation,
  revision: Revision,
): AppError | undefined {
  const { text, changesText } = revisedText(translation, revision);
  const violations = [...(changesText ? textViolations(source, text) : []), ...approval(revision.status)];
  if (violations.length > 0) return invalidArgument(violations);
  return refuseStatus(translation.status, revision.status, changesText);
}

/**
 * Whether a translation can go from one status to another by an update. Drafts, translations by a model and those in
 * review go back and forth; approval is given by a review alone. What is approved goes back to DRAFT or IN_REVIEW
 * before it changes, so that nothing unread is ever called approved.
 */
export function refuseStatus(
  current: TranslationStatus,
  wanted: TranslationStatus | undefined,
  changesText: boolean,
): AppError | undefined {
  const { draft, inReview, approved } = translationStatus;
  if (current !== approved) return undefined;
  if (wanted === undefined ? !changesText : wanted === draft || wanted === inReview) return undefined;
  return failedPrecondition(
    'TRANSLATION_APPROVED',
    'The translation is approved. Set its status to DRAFT or IN_REVIEW to withdraw the approval.',
  );
}

/** Whether the revision takes an approval back. */
export function withdraws({ status }: Translation, revision: Revision): boolean {
  return status === translationStatus.approved && revision.status !== undefined;
}

/** The translation as the revision leaves it; the same object when that changes nothing. */
export function revised(translation: Translation, revision: Revision): Translation {
  const { text, changesText } = revisedText(translation, revision);
  const status = revision.status ?? translation.status;
  if (!changesText && status === translation.status) return translation;
  return { ...translation, ...text, status, reviewedBy: '', reviewedAt: null };
}

function revisedText(translation: Translation, revision: Revision) {
  const title = revision.title || translation.title;
  const body = revision.body || translation.body;
  const changesText = title !== translation.title || body !== translation.body;
  return { text: { locale: translation.locale, title, body }, changesText };
}

function ownLanguage({ sourceLocale }: Source, locale: string): FieldViolation[] {
  if (locale !== sourceLocale) return [];
  return [{ field: 'locale', description: 'is the language that the template is written in' }];
}

function approval(status: TranslationStatus | undefined): FieldViolation[] {
  if (status !== translationStatus.approved) return [];
  return [{ field: 'status', description: 'APPROVED is given by ApproveTemplateTranslation alone' }];
}

function textViolations(source: Source, { title, body }: TranslatedText): FieldViolation[] {
  return [
    ...(title === '' ? [] : placeholderViolations('title', source.title, title)),
    ...(body.trim() === '' ? [{ field: 'body', description: 'must not be empty' }] : []),
    ...placeholderViolations('body', source.body, body),
  ];
}

function placeholderViolations(field: string, source: string, translation: string): FieldViolation[] {
  const { missing, extra } = placeholderDifference(source, translation);
  return [
    ...(missing.length > 0 ? [{ field, description: `lacks ${missing.join(', ')} of the source` }] : []),
    ...(extra.length > 0 ? [{ field, description: `has ${extra.join(', ')}, unlike the source` }] : []),
  ];
}
