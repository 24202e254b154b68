import {
  compile,
  type CompiledTemplate,
  contentId,
  type ContentAction,
  excerptsOf,
  RenderedTooLongError,
} from '@dovecote/template';
import type { TemplateVersion, TranslatedText } from '../template/index.js';
import { textFor, wantedLocale } from './locale.rules.js';

/** What is the same in the messages of all recipients. */
export interface MessageSource {
  template: Pick<TemplateVersion, 'title' | 'body' | 'variables' | 'sourceLocale'>;
  /** Approved ones of exactly this version. */
  translations: readonly TranslatedText[];
  /** Wins over the titles of template and translations, and may hold placeholders as they do. */
  title?: string;
  senderName: string;
  actions: readonly ContentAction[];
  /** Values for CUSTOM variables that the audience does not give. */
  stepVariables: Readonly<Record<string, string>>;
  /** Wins over what recipients prefer; empty for each their own. */
  campaignLocale: string;
  /** For those who prefer none; may be empty. */
  organizationLocale: string;
}

/** What differs from recipient to recipient. */
export interface Recipient {
  /** By name: `first_name`, `department`, …, `name`, `email`. */
  profile: Record<string, string>;
  /** By key, without the `custom:` that templates put before it. */
  customAttributes: Record<string, string>;
  /** Empty for none. */
  preferredLocale: string;
  /** The audience entry's. */
  variables: Record<string, string>;
}

/** What a message says; equal content has equal ids. */
export interface RenderedContent {
  contentId: string;
  title: string;
  body: string;
  summary: string;
  preview: string;
  senderName: string;
  actions: readonly ContentAction[];
  /** The language of this text, which is not always the one that was wanted. */
  locale: string;
}

/** A failure is one recipient's; `error` is for people. */
export type RenderResult = { ok: true; content: RenderedContent } | { ok: false; error: string };

export type RenderForRecipient = (recipient: Recipient) => RenderResult;

/** Reads a template and its translations once, to render them for many. */
export function compileMessage(source: MessageSource): RenderForRecipient {
  const { stepVariables } = source;
  const textOf = compileTexts(source);
  return ({ profile, customAttributes, preferredLocale, variables }) => {
    try {
      const { compiled, contents } = textOf(preferredLocale);
      const { title, body, missing } = compiled.render({
        profile: { attributes: profile, customAttributes },
        audience: variables,
        step: stepVariables,
      });
      if (missing.length > 0) return { ok: false, error: missingText(missing) };
      return { ok: true, content: contents.of(title, body) };
    } catch (error) {
      if (error instanceof RenderedTooLongError) return { ok: false, error: error.message };
      throw error;
    }
  };
}

interface CompiledText {
  compiled: CompiledTemplate;
  contents: Contents;
}

/** The text for a recipient by what they prefer; each is read when the first recipient needs it. */
function compileTexts(source: MessageSource): (preferredLocale: string) => CompiledText {
  const { template, translations, title, campaignLocale, organizationLocale } = source;
  const texts = new Map<string, CompiledText>();
  const { sourceLocale, variables, ...original } = template;
  return (preferredLocale) => {
    const wanted = wantedLocale({
      campaign: campaignLocale,
      recipient: preferredLocale,
      organization: organizationLocale,
      source: sourceLocale,
    });
    let text = texts.get(wanted);
    if (!text) {
      const { locale, ...chosen } = textFor(wanted, { ...original, locale: sourceLocale }, translations);
      const compiled = compile({
        body: chosen.body,
        title: title || chosen.title || template.title,
        variables,
      });
      text = { compiled, contents: new Contents(source, locale) };
      texts.set(wanted, text);
    }
    return text;
  };
}

/** Different messages that are remembered: recipients of one department follow each other, a name comes once. */
const MOST_REMEMBERED = 100;

/** Makes a content of a title and a body once for all whose message is the same: that costs more than rendering. */
class Contents {
  private readonly made = new Map<string, RenderedContent>();

  constructor(
    private readonly source: MessageSource,
    private readonly locale: string,
  ) {}

  of(title: string, body: string): RenderedContent {
    // A title has one line.
    const key = `${title}\n${body}`;
    const known = this.made.get(key);
    if (known) return known;
    const content = this.make(title, body);
    if (this.made.size === MOST_REMEMBERED) this.made.clear();
    this.made.set(key, content);
    return content;
  }

  private make(title: string, body: string): RenderedContent {
    const { senderName, actions } = this.source;
    const content = { title, body, senderName, actions, locale: this.locale };
    return {
      ...content,
      contentId: contentId(content),
      ...excerptsOf(body, this.locale),
    };
  }
}

function missingText(names: readonly string[]): string {
  const [what, which] = names.length === 1 ? ['variable', 'has'] : ['variables', 'have'];
  return `The required ${what} ${names.join(', ')} ${which} no value.`;
}
