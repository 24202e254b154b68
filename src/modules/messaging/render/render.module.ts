import { Module } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Readiness } from '../../../platform/http/readiness.js';
import { TemplateModule } from '../template/index.js';
import { ContentRpc } from './content.rpc.js';
import { LocalRendering } from './local-rendering.js';
import { PreviewRpc } from './preview.rpc.js';
import { Previews } from './preview.service.js';
import { RecipientStore } from './recipient.store.js';
import { connectRenderProcess } from './render-process.js';
import { RenderRpc } from './render.rpc.js';
import { Renderer } from './render.service.js';
import { Rendering } from './rendering.js';

/**
 * Rendering puts a recipient's values into a template version and makes a message of it.
 * Invariants: a template is read once for a batch; one recipient's failure is an answer, never the end of the
 * batch; equal content has equal ids.
 */
@Module({
  imports: [TemplateModule],
  controllers: [ContentRpc, PreviewRpc, RenderRpc],
  providers: [
    LocalRendering,
    Previews,
    RecipientStore,
    Renderer,
    { provide: Rendering, inject: [CONFIG, LocalRendering, Readiness], useFactory: chooseRendering },
  ],
  exports: [Renderer],
})
export class RenderModule {}

/** Messages are made here unless another process is named. */
async function chooseRendering(
  { internal, render }: Config,
  local: LocalRendering,
  readiness: Readiness,
): Promise<Rendering> {
  if (!render.url) return local;
  const remote = await connectRenderProcess(render.url, internal);
  readiness.watch('render', () => remote.probe());
  return remote;
}
