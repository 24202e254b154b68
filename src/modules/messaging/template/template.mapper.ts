import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Template,
  TemplateSchema,
  type TemplateVariable,
  TemplateVariableSource,
} from '@dovecote/contract/pidgr/v1/template_pb';
import type { DeclaredVariable, TemplateVersion } from './template-version.js';

export function toTemplate(template: TemplateVersion): Template {
  return create(TemplateSchema, {
    id: template.templateId,
    name: template.name,
    body: template.body,
    variables: template.variables.map((variable) => ({
      ...variable,
      source: TemplateVariableSource[variable.source],
    })),
    version: template.version,
    createdAt: timestampFromDate(template.createdAt),
    updatedAt: timestampFromDate(template.updatedAt),
    title: template.title,
    type: template.type,
    sourceLocale: template.sourceLocale,
  });
}

export function toDeclaredVariable(variable: TemplateVariable): DeclaredVariable {
  return {
    name: variable.name,
    description: variable.description,
    required: variable.required,
    source: variable.source === TemplateVariableSource.PROFILE ? 'PROFILE' : 'CUSTOM',
    defaultValue: variable.defaultValue,
    pii: variable.pii,
  };
}
