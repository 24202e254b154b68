/** How far a translation is. Stored under the numbers of pidgr.v1.TranslationStatus. */
export const translationStatus = { draft: 1, aiTranslated: 2, inReview: 3, approved: 4 } as const;
export type TranslationStatus = (typeof translationStatus)[keyof typeof translationStatus];

/** `IN_REVIEW`: as the contract writes it. */
export function wordOf(status: TranslationStatus): string {
  switch (status) {
    case translationStatus.draft:
      return 'DRAFT';
    case translationStatus.aiTranslated:
      return 'AI_TRANSLATED';
    case translationStatus.inReview:
      return 'IN_REVIEW';
    case translationStatus.approved:
      return 'APPROVED';
  }
}

/** One version of a template in another language. */
export interface Translation {
  id: string;
  templateId: string;
  version: number;
  locale: string;
  /** Empty: the source's. */
  title: string;
  body: string;
  status: TranslationStatus;
  /** `ai:<model>`, or the author's id. */
  translatedBy: string;
  /** Empty unless approved. */
  reviewedBy: string;
  /** Null unless approved. */
  reviewedAt: Date | null;
  createdAt: Date;
}

/** What a recipient reads, in one language; an empty title is the source's. */
export type TranslatedText = Pick<Translation, 'locale' | 'title' | 'body'>;
