import { AppError, failedPrecondition, type FieldViolation } from '../../../platform/errors/index.js';
import type { RulePredicate } from '../campaign/index.js';
import type { FoundRule, RuleCondition } from './audience-rule.js';

/** Rules of an organization. */
const MOST_RULES = 1_000;
/** Conditions within conditions. */
const DEEPEST = 4;
/** Conditions of a rule, and values in all of them. */
const MOST_CONDITIONS = 50;
const MOST_VALUES = 200;
/** Conditions and values of all rules of an audience. */
const MOST_COMPARISONS = 1_000;

const customPrefix = 'custom:';

/** How profiles call what templates call so. */
const attributes: ReadonlyMap<string, string> = new Map([
  ['first_name', 'firstName'],
  ['last_name', 'lastName'],
  ['department', 'department'],
  ['title', 'title'],
  ['phone', 'phone'],
  ['location', 'location'],
  ['employee_id', 'employeeId'],
  ['manager_name', 'managerName'],
  ['start_date', 'startDate'],
]);

/** What a condition names, and where in the request it stands. */
export interface RuleReference {
  readonly type: 'role' | 'team' | 'group';
  readonly id: string;
  readonly field: string;
}

interface Placed {
  readonly condition: RuleCondition;
  readonly field: string;
  readonly depth: number;
}

/** The condition, and all within it that are not too deep, with their paths. */
function* placed(condition: RuleCondition, field: string, depth = 1): Generator<Placed> {
  yield { condition, field, depth };
  if (depth > DEEPEST) return;
  const [name, within] =
    'all' in condition ? ['all', condition.all] : 'any' in condition ? ['any', condition.any] : ['', []];
  for (const [index, one] of within.entries())
    yield* placed(one, `${field}.${name}.conditions[${index}]`, depth + 1);
}

/** What is wrong with a condition by itself. */
export function conditionViolations(condition: RuleCondition, field: string): FieldViolation[] {
  const violations: FieldViolation[] = [];
  let conditions = 0;
  let values = 0;
  for (const { condition: one, field: path, depth } of placed(condition, field)) {
    conditions += 1;
    if (depth > DEEPEST) {
      violations.push({ field: path, description: `conditions have at most ${DEEPEST} levels` });
    }
    if (!('attribute' in one)) continue;
    values += one.values.length;
    if (pathOf(one.attribute) === undefined) {
      const known = [...attributes.keys()].join(', ');
      violations.push({
        field: `${path}.attribute.name`,
        description: `must be one of ${known}, or ${customPrefix} and a key`,
      });
    }
  }
  if (conditions > MOST_CONDITIONS) {
    violations.push({ field, description: `must have at most ${MOST_CONDITIONS} conditions` });
  }
  if (values > MOST_VALUES) {
    violations.push({ field, description: `must have at most ${MOST_VALUES} values in all its conditions` });
  }
  return violations;
}

/** The roles, teams and groups that a condition names. */
export function referencesOf(condition: RuleCondition, field: string): RuleReference[] {
  return [...placed(condition, field)].flatMap(({ condition: one, field: path }): RuleReference[] => {
    if ('role' in one) return [{ type: 'role', id: one.role, field: `${path}.role_id` }];
    if ('team' in one) return [{ type: 'team', id: one.team, field: `${path}.team_id` }];
    if ('group' in one) return [{ type: 'group', id: one.group, field: `${path}.group_id` }];
    return [];
  });
}

/**
 * What is wrong with using the rule, which `field` of the request names. It may name what was deleted before foreign keys
 * prevented that: a rule that applies to no member any more would exclude none.
 */
export function brokenViolations({ name, condition, existing }: FoundRule, field: string): FieldViolation[] {
  const known = new Set(existing);
  return referencesOf(condition, 'condition')
    .filter(({ id }) => !known.has(id))
    .map(({ type, field: place }) => ({
      field,
      description: `the rule ${JSON.stringify(name)} names a ${type} that was deleted: ${place}. Change the rule first`,
    }));
}

/**
 * The condition as a jsonpath predicate over the facts of a member: `role`, `rosters`, `device` and `profile`. What comes from
 * the client is a variable of the predicate, apart from keys, which stand in it as a JSON string. A list in a variable takes a
 * fifth of the time of as many comparisons in the text.
 */
export function predicateOf(condition: RuleCondition): RulePredicate {
  const variables: Record<string, readonly string[]> = {};
  const text = textOf(condition, (values) => {
    const name = `v${Object.keys(variables).length}`;
    variables[name] = values;
    return `$${name}[*]`;
  });
  return { text, variables };
}

/** @param variable Names a list of values. */
function textOf(condition: RuleCondition, variable: (values: readonly string[]) => string): string {
  const within = (one: RuleCondition): string => textOf(one, variable);
  if ('role' in condition) return `$.role == ${variable([condition.role])}`;
  if ('team' in condition) return `$.rosters[*] == ${variable([condition.team])}`;
  if ('group' in condition) return `$.rosters[*] == ${variable([condition.group])}`;
  if ('hasDevice' in condition) return `$.device == ${condition.hasDevice}`;
  if ('all' in condition) return joined(condition.all.map(within), '&&');
  if ('any' in condition) return joined(condition.any.map(within), '||');
  const path = pathOf(condition.attribute);
  // `conditionViolations` has refused it before it was stored.
  if (path === undefined) throw new Error(`A rule asks for ${condition.attribute}.`);
  return `${path} == ${variable(condition.values)}`;
}

function joined(predicates: readonly string[], operator: string): string {
  return `(${predicates.map((predicate) => `(${predicate})`).join(` ${operator} `)})`;
}

/** Where in a profile an attribute stands. */
export interface ProfilePlace {
  readonly key: string;
  /** Among the custom attributes. */
  readonly custom: boolean;
}

export function profilePlaceOf(attribute: string): ProfilePlace | undefined {
  const custom = attribute.startsWith(customPrefix);
  const key = custom ? attribute.slice(customPrefix.length) : attributes.get(attribute);
  return key ? { key, custom } : undefined;
}

/** Where in the facts a profile attribute stands. */
function pathOf(attribute: string): string | undefined {
  const place = profilePlaceOf(attribute);
  if (!place) return undefined;
  return place.custom ? `$.profile.customAttributes.${JSON.stringify(place.key)}` : `$.profile.${place.key}`;
}

/** How many comparisons a rule makes of a member, at most: one for each condition, and for each value of an attribute. */
function comparisonsOf(condition: RuleCondition): number {
  let comparisons = 0;
  for (const { condition: one } of placed(condition, ''))
    comparisons += 'attribute' in one ? one.values.length : 1;
  return comparisons;
}

/** Refuses rules that would make more comparisons of each member than an audience may: they may be a hundred thousand. */
export function refuseManyComparisons(conditions: readonly RuleCondition[]): AppError | undefined {
  const comparisons = conditions.reduce((sum, condition) => sum + comparisonsOf(condition), 0);
  if (comparisons <= MOST_COMPARISONS) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_CONDITIONS',
    `The rules of an audience have at most ${MOST_COMPARISONS} conditions and values together, and these have ${comparisons}. Use fewer rules, or groups and teams instead.`,
  );
}

export function audienceTookTooLong(seconds: number, cause: unknown): AppError {
  return new AppError(
    'deadline_exceeded',
    'AUDIENCE_TOOK_TOO_LONG',
    `The audience was not resolved within ${seconds} seconds. Use fewer rules, or groups and teams instead.`,
    {},
    cause,
  );
}

export function refuseRulesOverLimit(rules: number): AppError | undefined {
  if (rules < MOST_RULES) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_AUDIENCE_RULES',
    `An organization has at most ${MOST_RULES} audience rules; delete one that is no longer used.`,
  );
}

/** @param campaignIds Campaigns that have not been started and were resolved with the rule; the first ten. */
export function refuseRuleInUse(campaignIds: readonly string[]): AppError | undefined {
  if (campaignIds.length === 0) return undefined;
  return failedPrecondition(
    'AUDIENCE_RULE_IN_USE',
    `Campaigns that have not been started were resolved with the rule: ${campaignIds.join(', ')}. Resolve their audiences without it first.`,
  );
}
