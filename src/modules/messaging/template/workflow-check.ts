import type { WorkflowDefinition } from '@dovecote/workflow';
import type { FieldViolation } from '../../../platform/errors/index.js';

/** The steps of a workflow that name templates, or versions, which are not there. */
export async function unknownTemplates(
  workflow: WorkflowDefinition,
  field: string,
  find: (templateId: string, version: number) => Promise<object | undefined>,
): Promise<FieldViolation[]> {
  const violations: FieldViolation[] = [];
  for (const [index, { config }] of workflow.steps.entries()) {
    if (config?.kind !== 'SEND_NOTIFICATION' || config.templateId === '') continue;
    if (await find(config.templateId.toLowerCase(), config.templateVersion)) continue;
    violations.push({
      field: `${field}.steps[${index}].send_notification.template_id`,
      description: 'is not a template, or not a version, of this organization',
    });
  }
  return violations;
}
