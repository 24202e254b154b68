import {
  type UncheckedDefinition,
  validate,
  type ValidateOptions,
  type WorkflowDefinition,
} from '@dovecote/workflow';
import { type AppError, failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';
import { isPublicAddress } from '../../../platform/outbound/public-address.js';

/** Numbers of pidgr.v1.OrgType. */
export const orgType = { standard: 1, sandbox: 2, staff: 3 } as const;

export const defaultRegion = 'US';

/** What a new organization offers to those who write campaigns: say it, wait three days, note who did not answer. */
export const firstWorkflow: WorkflowDefinition = {
  steps: [
    {
      id: 'notify',
      type: 'SEND_NOTIFICATION',
      transitions: { completed: 'deadline' },
      config: {
        kind: 'SEND_NOTIFICATION',
        type: 'push',
        templateId: '',
        templateVersion: 0,
        actionLabel: '',
        actionType: 'ACK',
        customVariables: {},
      },
    },
    {
      id: 'deadline',
      type: 'DEADLINE_CHECK',
      transitions: { completed: 'missed' },
      config: { kind: 'DEADLINE_CHECK', delay: '72h' },
    },
    { id: 'missed', type: 'MARK_MISSED', transitions: { completed: 'end' } },
  ],
};

/** The settings that an update may change; undefined stays as it is. */
export interface OrganizationRequest {
  name?: string;
  defaultWorkflow?: UncheckedDefinition;
  industry?: number;
  companySize?: number;
  defaultLocale?: string;
  mlRetrainColdThreshold?: number;
  mlCancelledCounts?: boolean;
  mlManualLimitMonthly?: number;
  includeSyntheticInAggregates?: boolean;
  provisionalArchetypesEnabled?: boolean;
  defaultVerificationUnitLevel?: number;
}

/** What is left of a request that names only what changes, its workflow found sound. */
export type OrganizationChange = Omit<OrganizationRequest, 'defaultWorkflow'> & {
  defaultWorkflow?: WorkflowDefinition;
};

/** Refuses a workflow that could not run; drops what is to stay as it is. */
export function changeOf(request: OrganizationRequest, options: ValidateOptions): OrganizationChange {
  const violations = request.defaultWorkflow
    ? validate(request.defaultWorkflow, { ...options, isPublicAddress, field: 'default_workflow' })
    : [];
  if (violations.length > 0) throw invalidArgument(violations);
  const named = Object.entries(request).filter(([, value]) => value !== undefined);
  // Without violations no step is of an unspecified type.
  return Object.fromEntries(named);
}

/** What goes to a webhook leaves the organization, again and again. */
export function callsWebhook({ steps }: WorkflowDefinition): boolean {
  return steps.some(({ type }) => type === 'CALL_WEBHOOK');
}

export function refuseChange(
  organization: { orgType: number },
  change: OrganizationChange,
): AppError | undefined {
  if (organization.orgType !== orgType.sandbox || change.provisionalArchetypesEnabled === undefined) {
    return undefined;
  }
  return failedPrecondition(
    'ORGANIZATION_IS_SANDBOX',
    'A sandbox always shows provisional archetypes; the setting belongs to other organizations.',
  );
}
