import { Module } from '@nestjs/common';
import { TemplateModule } from '../template/index.js';
import { RecipientStore } from './recipient.store.js';
import { RenderRpc } from './render.rpc.js';
import { Renderer } from './render.service.js';

/**
 * Rendering puts a recipient's values into a template version and makes a message of it.
 * Invariants: a template is read once for a batch; one recipient's failure is an answer, never the end of the
 * batch; equal content has equal ids.
 */
@Module({
  imports: [TemplateModule],
  controllers: [RenderRpc],
  providers: [Renderer, RecipientStore],
  exports: [Renderer],
})
export class RenderModule {}
