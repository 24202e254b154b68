import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateTemplateRequest,
  type CreateTemplateResponseSchema,
  type GetTemplateRequest,
  type GetTemplateResponseSchema,
  type ListTemplatesRequest,
  type ListTemplatesResponseSchema,
  TemplateService,
  type UpdateTemplateRequest,
  type UpdateTemplateResponseSchema,
} from '@dovecote/contract/pidgr/v1/template_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toDeclaredVariable, toTemplate } from './template.mapper.js';
import { Templates } from './template.service.js';

@Controller()
export class TemplateRpc {
  constructor(private readonly templates: Templates) {}

  @Rpc(TemplateService.method.createTemplate)
  async createTemplate(
    request: CreateTemplateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateTemplateResponseSchema>> {
    const variables = request.variables.map(toDeclaredVariable);
    return { template: toTemplate(await this.templates.create(scope, { ...request, variables })) };
  }

  @Rpc(TemplateService.method.updateTemplate)
  async updateTemplate(
    request: UpdateTemplateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateTemplateResponseSchema>> {
    const version = { body: request.body, variables: request.variables.map(toDeclaredVariable) };
    return { template: toTemplate(await this.templates.update(scope, request.templateId, version)) };
  }

  @Rpc(TemplateService.method.getTemplate)
  async getTemplate(
    request: GetTemplateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetTemplateResponseSchema>> {
    const { templateId, version } = request;
    return { template: toTemplate(await this.templates.getVersion(scope, templateId, version)) };
  }

  @Rpc(TemplateService.method.listTemplates)
  async listTemplates(
    request: ListTemplatesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListTemplatesResponseSchema>> {
    const { items, pagination } = await this.templates.list(scope, request);
    return { templates: items.map(toTemplate), pagination };
  }
}
