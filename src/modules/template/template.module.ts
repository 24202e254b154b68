import { Module } from '@nestjs/common';
import { TemplateRpc } from './template.rpc.js';
import { Templates } from './template.service.js';
import { TemplateStore } from './template.store.js';

/**
 * A template is what campaigns render: Markdown with placeholders, in versions.
 * Invariants: a version never changes once written; versions of a template count up from 1 without gaps; name,
 * title, type and language belong to the template and are the same in every version.
 */
@Module({
  controllers: [TemplateRpc],
  providers: [Templates, TemplateStore],
  exports: [Templates],
})
export class TemplateModule {}
