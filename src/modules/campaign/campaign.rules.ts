import {
  type StepType,
  type UncheckedDefinition,
  validate,
  type WorkflowDefinition,
} from '@dovecote/workflow';
import { validate as isUuid } from 'uuid';
import {
  AppError,
  type ErrorKind,
  failedPrecondition,
  type FieldViolation,
  fromDatabaseError,
  invalidArgument,
  unimplemented,
} from '../../platform/errors/index.js';
import type { AudienceMember } from './campaign.js';
import { campaignStatus, type CampaignStatus, wordFor } from './status.js';

/** What this release carries out; the contract has more. */
const executable: ReadonlySet<StepType> = new Set(['SEND_NOTIFICATION', 'DEADLINE_CHECK', 'MARK_MISSED']);

const MAX_VARIABLES = 100;
const MAX_KEY = 100;
const MAX_VALUE = 10_000;

/** Errors in a row after which a campaign has failed: with the pauses between attempts, some three hours. */
const MOST_FAILURES = 10;
/** Recipients who act ask for attempts between the pauses; an hour's trouble is not for ever all the same. */
const HOPELESS_AFTER_MS = 3_600_000;

/** Says something about the moment, not about the campaign. */
const passing: ReadonlySet<ErrorKind> = new Set(['unavailable', 'aborted', 'deadline_exceeded', 'cancelled']);

/** An audience of strangers must not be answered with a hundred thousand sentences. */
const MAX_VIOLATIONS = 100;

/** The workflow, if it is well-formed and can be carried out; throws what is wrong with it otherwise. */
export function checkedWorkflow(definition: UncheckedDefinition): WorkflowDefinition {
  const violations = validate(definition);
  if (violations.length > 0) throw invalidArgument(violations);
  const steps = definition.steps.map((step) => {
    // `validate` has refused unspecified types.
    const type = step.type as StepType;
    if (!executable.has(type))
      throw unimplemented(`Steps of type ${type} are part of the contract but not of this release.`);
    return { ...step, type };
  });
  return { steps };
}

export interface CheckedAudience {
  members: AudienceMember[];
  /** Index in the request, by member. */
  indexes: number[];
}

/** Everybody once, ids in lower case; the first entry of a person counts. `field` is the list in the request. */
export function checkedAudience(
  given: readonly AudienceMember[],
  path: (index: number) => string,
): CheckedAudience {
  const violations: FieldViolation[] = [];
  const seen = new Set<string>();
  const audience: CheckedAudience = { members: [], indexes: [] };
  given.forEach(({ userId, variables }, index) => {
    const defect = defectOf(userId, variables);
    if (defect && violations.length < MAX_VIOLATIONS)
      violations.push({ ...defect, field: `${path(index)}${defect.field}` });
    const id = userId.toLowerCase();
    if (seen.has(id)) return;
    seen.add(id);
    audience.members.push({ userId: id, variables });
    audience.indexes.push(index);
  });
  if (violations.length > 0) throw invalidArgument(violations);
  return audience;
}

function defectOf(userId: string, variables: Record<string, string>): FieldViolation | undefined {
  if (!isUuid(userId)) return { field: '', description: 'must be the id of a member' };
  const entries = Object.entries(variables);
  if (entries.length > MAX_VARIABLES) {
    return { field: '.variables', description: `must have at most ${MAX_VARIABLES} entries` };
  }
  const bad = entries.find(([key, value]) => key.length > MAX_KEY || value.length > MAX_VALUE);
  return (
    bad && {
      field: `.variables[${JSON.stringify(bad[0].slice(0, MAX_KEY))}]`,
      description: `keys have at most ${MAX_KEY} characters, values ${MAX_VALUE}`,
    }
  );
}

export function unknownMembers(indexes: readonly number[], path: (index: number) => string): AppError {
  return invalidArgument(
    indexes
      .slice(0, MAX_VIOLATIONS)
      .map((index) => ({ field: path(index), description: 'is not a member of this organization' })),
  );
}

export function refuseEdit(status: CampaignStatus): AppError | undefined {
  if (status === campaignStatus.created) return undefined;
  return failedPrecondition(
    'CAMPAIGN_NOT_EDITABLE',
    'Only a campaign that has not been started can be changed.',
  );
}

export function refuseStart(status: CampaignStatus): AppError | undefined {
  if (status === campaignStatus.created) return undefined;
  return failedPrecondition(
    'CAMPAIGN_ALREADY_STARTED',
    `The campaign is ${nameOf(status)}; only a new one can be started.`,
  );
}

/** Nothing will be sent any more. */
export function isOver(status: CampaignStatus): boolean {
  return status !== campaignStatus.created && status !== campaignStatus.running;
}

export function refuseCancel(status: CampaignStatus): AppError | undefined {
  if (!isOver(status)) return undefined;
  return failedPrecondition('CAMPAIGN_OVER', `The campaign is ${nameOf(status)} already.`);
}

/** The database is away or busy, or two changes met: the next attempt may well succeed. */
export function isPassing(error: unknown): boolean {
  const known = error instanceof AppError ? error : fromDatabaseError(error);
  return known !== undefined && passing.has(known.kind);
}

/** The same piece of work has failed so often, and for so long, that it always will. */
export function isHopeless({ failures, since }: { failures: number; since: Date }, now: Date): boolean {
  return failures >= MOST_FAILURES && now.getTime() - since.getTime() >= HOPELESS_AFTER_MS;
}

function nameOf(status: CampaignStatus): string {
  return wordFor(campaignStatus, status);
}
