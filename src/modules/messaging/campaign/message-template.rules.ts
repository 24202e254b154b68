import type { SendNotification } from '@dovecote/workflow';
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
