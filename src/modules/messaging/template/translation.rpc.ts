import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type ApproveTemplateTranslationRequest,
  type ApproveTemplateTranslationResponseSchema,
  type CreateTemplateTranslationRequest,
  type CreateTemplateTranslationResponseSchema,
  type ListTemplateTranslationsRequest,
  type ListTemplateTranslationsResponseSchema,
  TemplateService,
  type UpdateTemplateTranslationRequest,
  type UpdateTemplateTranslationResponseSchema,
} from '@dovecote/contract/pidgr/v1/template_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromTranslation, toTranslationStatus } from './translation.mapper.js';
import { Translations } from './translation.service.js';

@Controller()
export class TranslationRpc {
  constructor(private readonly translations: Translations) {}

  @Rpc(TemplateService.method.createTemplateTranslation)
  async createTemplateTranslation(
    request: CreateTemplateTranslationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateTemplateTranslationResponseSchema>> {
    const status = toTranslationStatus(request.status);
    return { translation: fromTranslation(await this.translations.create(scope, { ...request, status })) };
  }

  @Rpc(TemplateService.method.updateTemplateTranslation)
  async updateTemplateTranslation(
    request: UpdateTemplateTranslationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateTemplateTranslationResponseSchema>> {
    const revision = { ...request, status: toTranslationStatus(request.status) };
    return {
      translation: fromTranslation(await this.translations.update(scope, request.translationId, revision)),
    };
  }

  @Rpc(TemplateService.method.listTemplateTranslations)
  async listTemplateTranslations(
    { templateId, version }: ListTemplateTranslationsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListTemplateTranslationsResponseSchema>> {
    const translations = await this.translations.list(scope, templateId, version);
    return { translations: translations.map(fromTranslation) };
  }

  @Rpc(TemplateService.method.approveTemplateTranslation)
  async approveTemplateTranslation(
    { translationId }: ApproveTemplateTranslationRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ApproveTemplateTranslationResponseSchema>> {
    return { translation: fromTranslation(await this.translations.approve(scope, translationId)) };
  }
}
