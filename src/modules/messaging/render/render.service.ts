import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { originOf, requireOrganization, type Scope, Scopes } from '../../../platform/scope/index.js';
import { Templates, type TemplateVersion, Translations } from '../template/index.js';
import { type RecipientProfile, RecipientStore } from './recipient.store.js';
import type { MessageSource, RenderResult } from './render.rules.js';
import { Rendering, type RenderOrigin, type RenderWork } from './rendering.js';

export interface Batch {
  templateId: string;
  /** 0 is the latest. */
  version: number;
  users: readonly BatchUser[];
}

export interface BatchUser {
  userId: string;
  variables: Record<string, string>;
}

export interface BatchResult {
  userId: string;
  result: RenderResult;
}

/** Users whose profiles are read in one query. */
const CHUNK = 500;

@Injectable()
export class Renderer {
  constructor(
    private readonly templates: Templates,
    private readonly translations: Translations,
    private readonly recipients: RecipientStore,
    private readonly scopes: Scopes,
    private readonly rendering: Rendering,
  ) {}

  /** One result for each recipient, in their order. Not within a transaction: it may be made by another process. */
  render(work: RenderWork, origin: RenderOrigin): Promise<RenderResult[]> {
    return this.rendering.render(work, origin);
  }

  /** What templates can say about these members, by id in lower case; who is no member is left out. */
  profiles(scope: Scope, userIds: readonly string[]): Promise<Map<string, RecipientProfile>> {
    return this.recipients.profiles(scope, userIds);
  }

  /** One result for each user, in their order, as fast as the reader takes them. */
  async *batch(scope: Scope, { templateId, version, users }: Batch): AsyncGenerator<BatchResult> {
    requireOrganization(scope);
    const texts = await this.briefly(scope, (inner) => this.texts(inner, templateId, version));
    const source = { ...texts, senderName: '', actions: [], stepVariables: {}, campaignLocale: '' };
    for (let start = 0; start < users.length; start += CHUNK) {
      const chunk = users.slice(start, start + CHUNK);
      const profiles = await this.profilesOf(scope, chunk);
      const recipients = chunk.flatMap(({ userId, variables }) => {
        const profile = profiles.get(userId.toLowerCase());
        return profile ? { ...profile, variables } : [];
      });
      const results = (await this.render({ source, recipients }, scope)).values();
      for (const { userId } of chunk) {
        const result = profiles.has(userId.toLowerCase()) ? results.next().value : undefined;
        yield { userId, result: result ?? unknownUser };
      }
    }
  }

  /** A version, with the translations that recipients would get. */
  async texts(
    scope: Scope,
    templateId: string,
    version: number,
  ): Promise<Pick<MessageSource, 'translations' | 'organizationLocale'> & { template: TemplateVersion }> {
    const template = await this.templates.getVersion(scope, templateId, version);
    const [translations, organizationLocale] = await Promise.all([
      this.translations.approved(scope, template.templateId, template.version),
      this.templates.organizationLocale(scope),
    ]);
    return { template, translations, organizationLocale };
  }

  private profilesOf(scope: Scope, users: readonly BatchUser[]): Promise<Map<string, RecipientProfile>> {
    const ids = users.map(({ userId }) => userId).filter((userId) => isUuid(userId));
    return this.briefly(scope, (inner) => this.recipients.profiles(inner, ids));
  }

  /** In a separate transaction: the call's own would stay open for as long as the client reads. */
  private briefly<T>(scope: Scope, read: (inner: Scope) => Promise<T>): Promise<T> {
    return this.scopes.run(originOf(scope), read);
  }
}

const unknownUser: RenderResult = { ok: false, error: 'User not found.' };
