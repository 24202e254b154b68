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
} from '../../../platform/errors/index.js';
import { isPublicAddress } from '../../../platform/outbound/public-address.js';
import { wordFor } from '../delivery/index.js';
import { type AudienceMember, campaignStatus, type CampaignStatus } from './campaign.js';
import { MOST_MEMBERS } from './resolved-audience.js';

const MAX_VARIABLES = 100;
const MAX_KEY = 100;
const MAX_VALUE = 10_000;

/** Errors in a row after which a campaign has failed: with the pauses between attempts, some three hours. */
const MOST_FAILURES = 10;
/**
 * Actions of recipients cause attempts between the pauses, so a campaign fails only after an hour of
 * failures.
 */
const HOPELESS_AFTER_MS = 3_600_000;

/** Says something about the moment, not about the campaign. */
const passing: ReadonlySet<ErrorKind> = new Set(['unavailable', 'aborted', 'deadline_exceeded', 'cancelled']);

/** An audience of strangers must not be answered with a hundred thousand sentences. */
const MAX_VIOLATIONS = 100;

/** The workflow, if it is well-formed; throws what is wrong with it otherwise. Webhooks may call exempt hosts anywhere. */
export function checkedWorkflow(
  definition: UncheckedDefinition,
  exemptHosts: readonly string[],
): WorkflowDefinition {
  const violations = validate(definition, { isPublicAddress, exemptHosts });
  if (violations.length > 0) throw invalidArgument(violations);
  // `validate` has refused unspecified types.
  const steps = definition.steps.map((step) => ({ ...step, type: step.type as StepType }));
  return { steps };
}

export interface CheckedAudience {
  members: AudienceMember[];
  /** Index in the request, by member. */
  indexes: number[];
  /** What is wrong with entries that cannot be members of the audience. */
  defects: EntryDefect[];
}

interface EntryDefect extends FieldViolation {
  /** Position of the entry in the request. */
  index: number;
}

/** Where in the request a field of an entry stands. */
export type EntryPath = (index: number, field: 'user_id' | 'variables') => string;

/** Entries that are checked without a pause. */
const PIECE = 500;

/** Everybody once, ids in lower case; the first entry of a person counts. Yields between pieces: audiences are long. */
export function* checkAudience(
  given: readonly AudienceMember[],
  path: EntryPath,
): Generator<undefined, CheckedAudience> {
  const seen = new Set<string>();
  const audience: CheckedAudience = { members: [], indexes: [], defects: [] };
  for (const [index, { userId, variables }] of given.entries()) {
    if (index % PIECE === PIECE - 1) yield;
    if (audience.defects.length < MAX_VIOLATIONS)
      for (const { key = '', field, description } of defectsOf(userId, variables))
        audience.defects.push({ field: `${path(index, field)}${key}`, description, index });
    const id = userId.toLowerCase();
    if (!isUuid(id) || seen.has(id)) continue;
    seen.add(id);
    audience.members.push({ userId: id, variables });
    audience.indexes.push(index);
  }
  return audience;
}

interface Defect {
  field: 'user_id' | 'variables';
  /** Key of the map entry. */
  key?: string;
  description: string;
}

function defectsOf(userId: string, variables: Record<string, string>): Defect[] {
  const defects: Defect[] = isUuid(userId)
    ? []
    : [{ field: 'user_id', description: 'must be the id of a member' }];
  const entries = Object.entries(variables);
  if (entries.length > MAX_VARIABLES) {
    return [...defects, { field: 'variables', description: `must have at most ${MAX_VARIABLES} entries` }];
  }
  const description = `keys have at most ${MAX_KEY} characters, values ${MAX_VALUE}`;
  for (const [key, value] of entries) {
    if (key.length > MAX_KEY || value.length > MAX_VALUE)
      defects.push({
        field: 'variables',
        key: `[${JSON.stringify(key.slice(0, MAX_KEY))}]`,
        description,
      });
  }
  return defects;
}

/** All kinds of bad entries at once, in the order of the request. `unknown` are indexes in the request. */
export function refuseAudience(
  { defects }: CheckedAudience,
  unknown: readonly number[],
  path: EntryPath,
): AppError | undefined {
  const strangers = unknown.map((index) => ({
    field: path(index, 'user_id'),
    description: 'is not a member of this organization',
    index,
  }));
  const found = [...defects, ...strangers].sort((a, b) => a.index - b.index).slice(0, MAX_VIOLATIONS);
  if (found.length === 0) return undefined;
  return invalidArgument(found.map(({ field, description }) => ({ field, description })));
}

export function refuseEdit(status: CampaignStatus): AppError | undefined {
  if (status === campaignStatus.created) return undefined;
  return failedPrecondition(
    'CAMPAIGN_NOT_EDITABLE',
    'Only a campaign that has not been started can be changed.',
  );
}

export function refuseAudienceSize(size: number): AppError | undefined {
  if (size <= MOST_MEMBERS) return undefined;
  return failedPrecondition(
    'AUDIENCE_TOO_LARGE',
    `The sources come to ${size} members; a campaign has at most ${MOST_MEMBERS}. Exclude some, or make several campaigns.`,
  );
}

export function refuseStart(status: CampaignStatus): AppError | undefined {
  if (status === campaignStatus.created) return undefined;
  return failedPrecondition(
    'CAMPAIGN_ALREADY_STARTED',
    `The campaign is ${nameOf(status)}; only a new one can be started.`,
  );
}

/** `bound`: the content that a start is bound to; null for one that is bound to none. */
export function refuseOtherContent(content: string, bound: string | null): AppError | undefined {
  if (bound === null || bound === content) return undefined;
  return failedPrecondition(
    'EDITED_SINCE',
    'The campaign has changed since its start was scheduled; schedule the start again.',
  );
}

/** `outdated`: what the workflow names and the organization no longer has. */
export function refuseDuplicate(outdated: readonly FieldViolation[]): AppError | undefined {
  const [first] = outdated;
  if (!first) return undefined;
  return failedPrecondition(
    'CAMPAIGN_OUTDATED',
    `The workflow of the campaign cannot be used again: ${first.field} ${first.description}.`,
  );
}

export function notRunning(status: CampaignStatus): AppError {
  return failedPrecondition(
    'CAMPAIGN_NOT_RUNNING',
    `The campaign is ${nameOf(status)}; only one that runs can be paused or resumed.`,
  );
}

/** Before so many messages a share says little. */
const LEAST_MESSAGES = 20;

/** Whether so many messages have failed that the campaign pauses itself; 0 percent: it never does. */
export function hasFailedTooOften(
  { recipients, failed }: { recipients: number; failed: number },
  percent: number,
): boolean {
  return percent > 0 && recipients >= LEAST_MESSAGES && failed * 100 >= percent * recipients;
}

/** For a campaign that runs. */
export function refusePause(pause: object | undefined): AppError | undefined {
  return pause && failedPrecondition('CAMPAIGN_PAUSED', 'The campaign is paused already.');
}

/** For a campaign that runs. */
export function refuseResume(pause: object | undefined): AppError | undefined {
  return pause ? undefined : failedPrecondition('CAMPAIGN_NOT_PAUSED', 'The campaign is not paused.');
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
