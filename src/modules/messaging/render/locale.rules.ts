/** The locales that decide the language of a message, by priority; an empty one is skipped. */
export interface LocaleWishes {
  /** Forces one language on all recipients. */
  campaign: string;
  recipient: string;
  organization: string;
  /** The language that the template is written in. It always has one: the organization's at the time, else `en`. */
  source: string;
}

/** The language that a recipient should get: the first that is named. Whether there is a text in it is not asked. */
export function wantedLocale({ campaign, recipient, organization, source }: LocaleWishes): string {
  return campaign || recipient || organization || source;
}

/**
 * The text in the preferred language, else the source. Further languages of the chain are not tried: a reader
 * would get a third language that neither they nor the author chose.
 */
export function textFor<Text extends { locale: string }>(
  wanted: string,
  source: Text,
  translations: readonly Text[],
): Text {
  return translations.find(({ locale }) => locale === wanted) ?? source;
}
