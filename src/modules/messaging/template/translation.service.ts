import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Templates } from './template.service.js';
import { refuseRevision, refuseTranslation, type Revision, revised, withdraws } from './translation.rules.js';
import { TranslationStore } from './translation.store.js';
import {
  type Translation,
  type TranslatedText,
  translationStatus,
  type TranslationStatus,
  wordOf,
} from './translation.js';

export interface NewTranslation extends TranslatedText {
  templateId: string;
  /** 0 is the latest. */
  version: number;
  /** Empty for the caller. */
  translatedBy: string;
  /** A draft unless set. */
  status: TranslationStatus | undefined;
}

@Injectable()
export class Translations {
  constructor(
    private readonly store: TranslationStore,
    private readonly templates: Templates,
  ) {}

  /** Translations of one version, by language; version 0 is the latest. */
  async list(scope: Scope, templateId: string, version: number): Promise<Translation[]> {
    const template = await this.templates.getVersion(scope, templateId, version);
    return this.store.list(scope, template.templateId, template.version);
  }

  /** What may be shown to recipients of exactly this version. */
  approved(scope: Scope, templateId: string, version: number): Promise<TranslatedText[]> {
    return this.store.approved(scope, templateId, version);
  }

  async create(scope: Scope, input: NewTranslation): Promise<Translation> {
    const template = await this.templates.getVersion(scope, input.templateId, input.version);
    const refusal = refuseTranslation(template, input, input.status);
    if (refusal) throw refusal;
    const translation: Translation = {
      id: uuid(),
      templateId: template.templateId,
      version: template.version,
      locale: input.locale,
      title: input.title,
      body: input.body,
      status: input.status ?? translationStatus.draft,
      translatedBy: input.translatedBy || scope.actorId,
      reviewedBy: '',
      reviewedAt: null,
      createdAt: scope.now(),
    };
    await this.store.insert(scope, translation);
    await this.record(scope, 'TRANSLATION_CREATED', translation);
    return translation;
  }

  /** An approval that the change withdraws stays in the trail, and takes the permission that gives one. */
  async update(scope: Scope, id: string, revision: Revision): Promise<Translation> {
    const translation = await this.lock(scope, id);
    const source = await this.templates.getVersion(scope, translation.templateId, translation.version);
    const refusal = refuseRevision(source, translation, revision);
    if (refusal) throw refusal;
    if (withdraws(translation, revision)) scope.require(Permission.TEMPLATES_REVIEW);
    const changed = revised(translation, revision);
    if (changed === translation) return translation;
    await this.store.update(scope, changed);
    await this.record(scope, 'TEMPLATE_UPDATED', changed, { previous_status: wordOf(translation.status) });
    return changed;
  }

  /** A second approval changes nothing: the first reviewer and their time stand. */
  async approve(scope: Scope, id: string): Promise<Translation> {
    const translation = await this.lock(scope, id);
    if (translation.status === translationStatus.approved) return translation;
    const approved: Translation = {
      ...translation,
      status: translationStatus.approved,
      reviewedBy: scope.actorId,
      reviewedAt: scope.now(),
    };
    await this.store.update(scope, approved);
    await this.record(scope, 'TRANSLATION_APPROVED', approved, { reviewed_by: approved.reviewedBy });
    return approved;
  }

  private async lock(scope: Scope, id: string): Promise<Translation> {
    const translation = await this.store.findForUpdate(scope, id);
    if (!translation) throw notFound('template translation');
    return translation;
  }

  private async record(
    scope: Scope,
    event: 'TRANSLATION_CREATED' | 'TEMPLATE_UPDATED' | 'TRANSLATION_APPROVED',
    translation: Translation,
    more: Record<string, string> = {},
  ): Promise<void> {
    const { id, templateId, version, locale, status, translatedBy } = translation;
    await scope.audit(event, {
      entityType: 'template_translation',
      entityId: id,
      metadata: {
        template_id: templateId,
        version: String(version),
        locale,
        status: wordOf(status),
        translated_by: translatedBy,
        ...more,
      },
    });
  }
}
