import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type TemplateTranslation,
  TemplateTranslationSchema,
  type TranslationStatus as TranslationStatusMessage,
} from '@dovecote/contract/pidgr/v1/template_pb';
import { type Translation, translationStatus, type TranslationStatus } from './translation.js';

export function fromTranslation({ reviewedAt, createdAt, ...translation }: Translation): TemplateTranslation {
  return create(TemplateTranslationSchema, {
    ...translation,
    reviewedAt: reviewedAt ? timestampFromDate(reviewedAt) : undefined,
    createdAt: timestampFromDate(createdAt),
  });
}

/** UNSPECIFIED is left to the use case. */
export function toTranslationStatus(status: TranslationStatusMessage): TranslationStatus | undefined {
  return Object.values(translationStatus).find((known) => known === Number(status));
}
