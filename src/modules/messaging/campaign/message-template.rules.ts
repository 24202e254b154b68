import type { SendNotification, WorkflowDefinition } from '@dovecote/workflow';
import { invalidArgument } from '../../../platform/errors/index.js';
import type { Campaign, PinnedTemplate } from './campaign.js';

/** What a step sends: its own template, or the campaign's. */
export function templateOf(campaign: Campaign, config: SendNotification): PinnedTemplate {
  return {
    templateId: config.templateId || campaign.templateId,
    templateVersion: config.templateVersion || campaign.templateVersion,
  };
}

/** Everything that the campaign may send, the campaign's own template first. */
export function templatesOf(campaign: Campaign): PinnedTemplate[] {
  const { templateId, templateVersion, workflow } = campaign;
  const ofSteps = workflow.steps.flatMap(({ config }) =>
    config?.kind === 'SEND_NOTIFICATION' ? [templateOf(campaign, config)] : [],
  );
  return [{ templateId, templateVersion }, ...ofSteps];
}

/** The step that is named, or the first that sends a message; throws where there is none. */
export function stepToTest(
  { steps }: WorkflowDefinition,
  stepId: string,
): { id: string; config: SendNotification } {
  for (const { id, config } of steps)
    if (config?.kind === 'SEND_NOTIFICATION' && (stepId === '' || stepId === id)) return { id, config };
  throw invalidArgument([
    { field: 'campaign.step_id', description: 'is not a SEND_NOTIFICATION step of the campaign' },
  ]);
}
