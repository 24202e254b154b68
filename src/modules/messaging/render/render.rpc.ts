import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type RenderBatchRequest,
  type RenderBatchResponseSchema,
  RenderService,
} from '@dovecote/contract/pidgr/v1/render_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toBatchResponse } from './render.mapper.js';
import { Renderer } from './render.service.js';

@Controller()
export class RenderRpc {
  constructor(private readonly renderer: Renderer) {}

  @Rpc(RenderService.method.renderBatch)
  async *renderBatch(
    request: RenderBatchRequest,
    scope: Scope,
  ): AsyncIterable<MessageInitShape<typeof RenderBatchResponseSchema>> {
    for await (const result of this.renderer.batch(scope, request))
      yield toBatchResponse(result, scope.now());
  }
}
