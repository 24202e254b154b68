import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { requireOrganization, type Scope, Scopes } from '../../platform/scope/index.js';
import { Templates, Translations } from '../template/index.js';
import { type RecipientProfile, RecipientStore } from './recipient.store.js';
import {
  compileMessage,
  type MessageSource,
  type RenderForRecipient,
  type RenderResult,
} from './render.rules.js';
import { Turns } from './turns.js';

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
  ) {}

  /** Reads the template and its translations once; the function that it returns renders it for one recipient. */
  compile(source: MessageSource): RenderForRecipient {
    return compileMessage(source);
  }

  /** What templates can say about these members, by id in lower case; who is no member is left out. */
  profiles(scope: Scope, userIds: readonly string[]): Promise<Map<string, RecipientProfile>> {
    return this.recipients.profiles(scope, userIds);
  }

  /** One result for each user, in their order, as fast as the reader takes them. */
  async *batch(scope: Scope, { templateId, version, users }: Batch): AsyncGenerator<BatchResult> {
    requireOrganization(scope);
    const texts = await this.briefly(scope, (inner) => this.textsOf(inner, templateId, version));
    const render = this.compile({
      ...texts,
      senderName: '',
      actions: [],
      stepVariables: {},
      campaignLocale: '',
    });
    const turns = new Turns();
    for (let start = 0; start < users.length; start += CHUNK) {
      const chunk = users.slice(start, start + CHUNK);
      const profiles = await this.profilesOf(scope, chunk);
      for (const { userId, variables } of chunk) {
        const profile = profiles.get(userId.toLowerCase());
        yield { userId, result: profile ? render({ ...profile, variables }) : unknownUser };
        if (await turns.take()) scope.signal?.throwIfAborted();
      }
    }
  }

  private async textsOf(
    scope: Scope,
    templateId: string,
    version: number,
  ): Promise<Pick<MessageSource, 'template' | 'translations' | 'organizationLocale'>> {
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

  /** A transaction of its own: the call's would stay open for as long as the client takes to read. */
  private briefly<T>(scope: Scope, read: (inner: Scope) => Promise<T>): Promise<T> {
    const { caller, requestId, signal } = scope;
    return this.scopes.run({ caller, requestId, signal }, read);
  }
}

const unknownUser: RenderResult = { ok: false, error: 'User not found.' };
