import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type PreviewTemplateRequest,
  type PreviewTemplateResponseSchema,
  TemplatePreviewService,
} from '@dovecote/contract/dovecote/template/v1/preview_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Previews } from './preview.service.js';

@Controller()
export class PreviewRpc {
  constructor(private readonly previews: Previews) {}

  @Rpc(TemplatePreviewService.method.previewTemplate)
  async previewTemplate(
    request: PreviewTemplateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof PreviewTemplateResponseSchema>> {
    const { content, missing, warnings } = await this.previews.preview(scope, request);
    const { title, body, summary, preview, locale } = content;
    return {
      title,
      body,
      summary,
      preview,
      locale,
      missingVariables: missing,
      warnings: warnings.map(({ field, text }) => ({ field, description: text })),
    };
  }
}
