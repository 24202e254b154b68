import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ContentResult,
  type ContentResultSchema,
  type RenderContentsRequest,
  RenderContentsRequestSchema,
  type SourceSchema,
} from '@dovecote/contract/dovecote/render/v1/content_pb';
import type { MessageSource, RenderResult } from './render.rules.js';
import type { RenderWork } from './rendering.js';

export function toContentsRequest({ source, recipients }: RenderWork): RenderContentsRequest {
  return create(RenderContentsRequestSchema, {
    source: toSource(source),
    recipients: recipients.map(({ profile, customAttributes, preferredLocale, variables }) => ({
      profile,
      customAttributes,
      preferredLocale,
      variables,
    })),
  });
}

function toSource(source: MessageSource): MessageInitShape<typeof SourceSchema> {
  const { template, translations, title, senderName, actions, stepVariables } = source;
  return {
    text: { locale: template.sourceLocale, title: template.title, body: template.body },
    translations: translations.map(({ locale, title: translated, body }) => ({
      locale,
      title: translated,
      body,
    })),
    variables: template.variables.map(({ source: from, name, required, defaultValue, pii }) => ({
      name,
      fromProfile: from === 'PROFILE',
      required,
      defaultValue,
      pii,
    })),
    title,
    senderName,
    actions: [...actions],
    stepVariables,
    campaignLocale: source.campaignLocale,
    organizationLocale: source.organizationLocale,
  };
}

export function toRenderWork({ source, recipients }: RenderContentsRequest): RenderWork {
  // The rules of the request demand source and text.
  const { text, translations, variables, actions, ...rest } = source!;
  const { locale: sourceLocale, title, body } = text!;
  const template = {
    sourceLocale,
    title,
    body,
    variables: variables.map(({ fromProfile, ...variable }) => ({
      ...variable,
      source: fromProfile ? ('PROFILE' as const) : ('CUSTOM' as const),
      description: '',
    })),
  };
  return { source: { ...rest, template, translations, actions }, recipients };
}

export function toContentResult(result: RenderResult): MessageInitShape<typeof ContentResultSchema> {
  if (!result.ok) return { result: { case: 'error', value: result.error } };
  const { contentId, title, body, summary, preview, locale } = result.content;
  return { result: { case: 'content', value: { contentId, title, body, summary, preview, locale } } };
}

/** Sender and actions are everybody's, and did not travel back. */
export function toRenderResult(
  { result }: ContentResult,
  { senderName, actions }: Pick<MessageSource, 'senderName' | 'actions'>,
): RenderResult {
  if (result.case !== 'content') return { ok: false, error: result.value ?? '' };
  const { contentId, title, body, summary, preview, locale } = result.value;
  return {
    ok: true,
    content: { contentId, title, body, summary, preview, locale, senderName, actions },
  };
}
