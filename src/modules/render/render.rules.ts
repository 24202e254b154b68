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
  return ({ profile, customAttributes, variables }) => {
    try {
      const { title, body, missing } = compiled.render({
        profile: { attributes: profile, customAttributes },
        audience: variables,
        step: stepVariables,
      });
      if (missing.length > 0) return { ok: false, error: missingText(missing) };
      const content = { title, body, senderName, actions, locale };
      const id = contentId(content);
      return {
        ok: true,
        content: { ...content, contentId: id, summary: summaryOf(body), preview: previewOf(body) },
      };
    } catch (error) {
      if (error instanceof RenderedTooLongError) return { ok: false, error: error.message };
      throw error;
    }
  };
}

function missingText(names: readonly string[]): string {
  const [what, which] = names.length === 1 ? ['variable', 'has'] : ['variables', 'have'];
  return `The required ${what} ${names.join(', ')} ${which} no value.`;
}
