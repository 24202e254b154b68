import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  AudienceCondition,
  AudienceConditionSchema,
  AudiencePersonSchema,
  AudienceRuleSchema,
  AudienceSources,
  AudienceSummarySchema,
  LeftOutReason as LeftOutReasonMessage,
} from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import {
  type AudiencePerson,
  type AudienceSummary,
  leftOutReason,
  type LeftOutReason,
} from '../campaign/index.js';
import type { AudienceRule, RuleCondition } from './audience-rule.js';
import type { GivenAudience, GivenSources } from './sources.service.js';

export function toCondition({ is }: AudienceCondition): RuleCondition {
  switch (is.case) {
    case 'roleId':
      return { role: is.value.toLowerCase() };
    case 'teamId':
      return { team: is.value.toLowerCase() };
    case 'groupId':
      return { group: is.value.toLowerCase() };
    case 'attribute':
      return { attribute: is.value.name, values: is.value.values };
    case 'hasDevice':
      return { hasDevice: is.value };
    case 'all':
      return { all: is.value.conditions.map(toCondition) };
    case 'any':
      return { any: is.value.conditions.map(toCondition) };
    case undefined:
      // Its presence is a rule of the contract.
      return { any: [] };
  }
}

function fromCondition(condition: RuleCondition): MessageInitShape<typeof AudienceConditionSchema> {
  if ('role' in condition) return { is: { case: 'roleId', value: condition.role } };
  if ('team' in condition) return { is: { case: 'teamId', value: condition.team } };
  if ('group' in condition) return { is: { case: 'groupId', value: condition.group } };
  if ('hasDevice' in condition) return { is: { case: 'hasDevice', value: condition.hasDevice } };
  if ('all' in condition)
    return { is: { case: 'all', value: { conditions: condition.all.map(fromCondition) } } };
  if ('any' in condition)
    return { is: { case: 'any', value: { conditions: condition.any.map(fromCondition) } } };
  return { is: { case: 'attribute', value: { name: condition.attribute, values: [...condition.values] } } };
}

export function fromRule(rule: AudienceRule): MessageInitShape<typeof AudienceRuleSchema> {
  return {
    id: rule.id,
    name: rule.name,
    condition: fromCondition(rule.condition),
    createdAt: timestampFromDate(rule.createdAt),
    updatedAt: timestampFromDate(rule.updatedAt),
  };
}

export function toAudience({
  include,
  exclude,
}: {
  include?: AudienceSources;
  exclude?: AudienceSources;
}): GivenAudience {
  return { include: toSources(include), exclude: toSources(exclude) };
}

function toSources(given?: AudienceSources): GivenSources {
  const lower = (ids: readonly string[] = []): string[] => ids.map((id) => id.toLowerCase());
  return {
    userIds: lower(given?.userIds),
    groupIds: lower(given?.groupIds),
    teamIds: lower(given?.teamIds),
    ruleIds: lower(given?.ruleIds),
    ruleNames: given?.ruleNames ?? [],
  };
}

/** UNSPECIFIED means all. */
export function toReason(reason: LeftOutReasonMessage): LeftOutReason | undefined {
  return Object.values(leftOutReason).find((known) => known === Number(reason));
}

export function fromSummary({
  size,
  namedRepeatedly,
  leftOut,
}: AudienceSummary): MessageInitShape<typeof AudienceSummarySchema> {
  const counts = [...leftOut].map(([reason, count]) => ({ reason, count }));
  return { size, namedRepeatedly, leftOut: counts.sort((a, b) => a.reason - b.reason) };
}

export function fromPerson({
  userId,
  email,
  name,
  reason,
  source,
  row,
}: AudiencePerson): MessageInitShape<typeof AudiencePersonSchema> {
  return {
    userId: userId ?? '',
    email,
    displayName: name,
    // Kinds and reasons are stored under the numbers of the contract.
    reason: reason ?? 0,
    source: { kind: source.kind, id: source.id ?? '', name: source.name, excludes: source.excludes },
    row,
  };
}
