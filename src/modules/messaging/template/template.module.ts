import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { OrganizationModule, WorkflowChecks } from '../../people/organization/index.js';
import { templatePersonalData } from './personal-data.store.js';
import { unknownTemplates } from './workflow-check.js';
import { TemplateRpc } from './template.rpc.js';
import { Templates } from './template.service.js';
import { TemplateStore } from './template.store.js';
import { TranslationRpc } from './translation.rpc.js';
import { Translations } from './translation.service.js';
import { TranslationStore } from './translation.store.js';

/**
 * A template is what campaigns render: Markdown with placeholders, in versions.
 * Invariants: a version never changes once written; versions of a template count up from 1 without gaps; name,
 * title, type and language belong to the template and are the same in every version; a version has at most one
 * translation into each language, with the placeholders of the source; what is approved was read as it stands.
 */
@Module({
  imports: [OrganizationModule],
  controllers: [TemplateRpc, TranslationRpc],
  providers: [Templates, TemplateStore, Translations, TranslationStore],
  exports: [Templates, Translations],
})
export class TemplateModule implements OnModuleInit {
  constructor(
    private readonly workflowChecks: WorkflowChecks,
    private readonly templates: Templates,
    private readonly personalData: PersonalData,
  ) {}

  onModuleInit(): void {
    this.workflowChecks.contribute((scope, workflow, field) =>
      unknownTemplates(workflow, field, (id, version) => this.templates.findVersion(scope, id, version)),
    );
    this.personalData.contribute(templatePersonalData);
  }
}
