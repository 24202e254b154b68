import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  ContentService,
  type RenderContentsRequest,
  type RenderContentsResponseSchema,
} from '@dovecote/contract/dovecote/render/v1/content_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toContentResult, toRenderWork } from './content.mapper.js';
import { LocalRendering } from './local-rendering.js';
import { batchesBySize, lengthOf } from './batches.rules.js';

@Controller()
export class ContentRpc {
  constructor(private readonly rendering: LocalRendering) {}

  @Rpc(ContentService.method.renderContents)
  async *renderContents(
    request: RenderContentsRequest,
    scope: Scope,
  ): AsyncIterable<MessageInitShape<typeof RenderContentsResponseSchema>> {
    const results = await this.rendering.render(toRenderWork(request), scope);
    for (const some of batchesBySize(results, (result) => (result.ok ? lengthOf(result.content) : 0)))
      yield { results: some.map(toContentResult) };
  }
}
