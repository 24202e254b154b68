import {
  compile,
  contentId,
  type ContentAction,
  previewOf,
  RenderedTooLongError,
  summaryOf,
} from '@dovecote/template';
import type { TemplateVersion } from '../template/index.js';

/** What is the same in the messages of all recipients. */
export interface MessageSource {
  template: Pick<TemplateVersion, 'title' | 'body' | 'variables'>;
  /** Wins over the template's title, and may hold placeholders as that does. */
  title?: string;
  senderName: string;
  actions: readonly ContentAction[];
  /** Values for CUSTOM variables that the audience does not give. */
  stepVariables: Readonly<Record<string, string>>;
  /** The language of title and body. */
  locale: string;
}

/** What differs from recipient to recipient. */
export interface Recipient {
  /** By name: `first_name`, `department`, …, `name`, `email`. */
  profile: Record<string, string>;
  /** By key, without the `custom:` that templates put before it. */
  customAttributes: Record<string, string>;
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
  locale: string;
}

/** A failure is one recipient's; `error` is for people. */
export type RenderResult = { ok: true; content: RenderedContent } | { ok: false; error: string };

export type RenderForRecipient = (recipient: Recipient) => RenderResult;

/** Reads a template once, to render it for many. */
export function compileMessage(source: MessageSource): RenderForRecipient {
  const { template, senderName, actions, stepVariables, locale } = source;
  const compiled = compile({ ...template, title: source.title || template.title });
  const contents = new Contents((title, body) => {
    const content = { title, body, senderName, actions, locale };
    return {
      ...content,
      contentId: contentId(content),
      summary: summaryOf(body),
      preview: previewOf(body),
    };
  });
  return ({ profile, customAttributes, variables }) => {
    try {
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

/** Different messages that are remembered: recipients of one department follow each other, a name comes once. */
const MOST_REMEMBERED = 100;

/** Makes a content of a title and a body once for all whose message is the same: that costs more than rendering. */
class Contents {
  private readonly made = new Map<string, RenderedContent>();

  constructor(private readonly make: (title: string, body: string) => RenderedContent) {}

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
}

function missingText(names: readonly string[]): string {
  const [what, which] = names.length === 1 ? ['variable', 'has'] : ['variables', 'have'];
  return `The required ${what} ${names.join(', ')} ${which} no value.`;
}
