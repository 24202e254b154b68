import { Injectable } from '@nestjs/common';
import { resolveVariables, type Warning, warningsOf } from '@dovecote/template';
import { Permission } from '../../../platform/access/index.js';
import { invalidArgument, notFound } from '../../../platform/errors/index.js';
import { originOf, requireOrganization, type Scope, Scopes } from '../../../platform/scope/index.js';
import { profileFields, type TemplateVersion } from '../template/index.js';
import { previewRecipient } from './preview.rules.js';
import type { MessageSource, Recipient, RenderedContent } from './render.rules.js';
import { Renderer } from './render.service.js';

export interface PreviewRequest {
  templateId: string;
  /** 0 is the latest. */
  version: number;
  /** Empty: no member. */
  userId: string;
  /** By the names of placeholders; they win over the member's profile. */
  values: Record<string, string>;
  /** Empty for the member's. */
  locale: string;
}

export interface Preview {
  content: RenderedContent;
  missing: string[];
  warnings: Warning[];
}

/** What recipients would get, for those who write it. */
@Injectable()
export class Previews {
  constructor(
    private readonly renderer: Renderer,
    private readonly scopes: Scopes,
  ) {}

  async preview(scope: Scope, request: PreviewRequest): Promise<Preview> {
    requireOrganization(scope);
    // In a separate transaction: another process may render the message.
    const { texts, recipient } = await this.scopes.run(originOf(scope), (inner) => this.read(inner, request));
    const { template } = texts;
    const source: MessageSource = {
      ...texts,
      // Missing values are told, and the rest is shown.
      template: { ...template, variables: template.variables.map((each) => ({ ...each, required: false })) },
      senderName: '',
      actions: [],
      stepVariables: {},
      campaignLocale: request.locale,
    };
    const [result] = await this.renderer.render({ source, recipients: [recipient] }, scope);
    if (!result?.ok) throw invalidArgument([{ field: 'values', description: 'make the message too long' }]);
    return {
      content: result.content,
      missing: missingIn(template, recipient),
      warnings: warningsOf(template, profileFields),
    };
  }

  private async read(scope: Scope, { templateId, version, userId, values }: PreviewRequest) {
    const texts = await this.renderer.texts(scope, templateId.toLowerCase(), version);
    return { texts, recipient: previewRecipient(values, await this.profileOf(scope, userId.toLowerCase())) };
  }

  private async profileOf(scope: Scope, userId: string) {
    if (userId === '') return undefined;
    scope.require(Permission.MEMBERS_READ);
    const profile = (await this.renderer.profiles(scope, [userId])).get(userId);
    if (!profile) throw notFound('member');
    return profile;
  }
}

function missingIn(
  { variables }: TemplateVersion,
  { profile, customAttributes, variables: audience }: Recipient,
) {
  return resolveVariables({
    variables,
    placeholders: [],
    profile: { attributes: profile, customAttributes },
    audience,
  }).missing;
}
