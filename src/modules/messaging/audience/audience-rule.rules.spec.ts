import { describe, expect, test } from '@jest/globals';
import type { RuleCondition } from './audience-rule.js';
import {
  brokenViolations,
  conditionViolations,
  predicateOf,
  referencesOf,
  refuseRuleInUse,
} from './audience-rule.rules.js';

const role: RuleCondition = { role: 'r' };

function nested(levels: number): RuleCondition {
  return levels === 1 ? role : { all: [nested(levels - 1)] };
}

describe('a condition', () => {
  test('has four levels', () => {
    expect(conditionViolations(nested(4), 'condition')).toEqual([]);
    const [violation] = conditionViolations(nested(5), 'condition');
    expect(violation?.field).toBe(`condition${'.all.conditions[0]'.repeat(4)}`);
  });

  test('much deeper than allowed is refused without following it', () => {
    expect(conditionViolations(nested(5_000), 'condition')).toHaveLength(1);
  });

  test('has fifty conditions and two hundred values', () => {
    expect(conditionViolations({ any: Array<RuleCondition>(49).fill(role) }, 'condition')).toEqual([]);
    const many = { any: [{ any: Array<RuleCondition>(50).fill(role) }] };
    expect(conditionViolations(many, 'condition').map(({ field }) => field)).toEqual(['condition']);
    const values = Array.from({ length: 50 }, (_, index) => String(index));
    const asked: RuleCondition = { any: Array<RuleCondition>(5).fill({ attribute: 'title', values }) };
    expect(conditionViolations(asked, 'condition').map(({ description }) => description)).toEqual([
      'must have at most 200 values in all its conditions',
    ]);
  });

  test.each(['custom:', 'manager_id', 'constructor', ''])('asks for no attribute %j', (attribute) => {
    const asked = { all: [{ attribute, values: ['x'] }] };
    expect(conditionViolations(asked, 'condition').map(({ field }) => field)).toEqual([
      'condition.all.conditions[0].attribute.name',
    ]);
  });

  test('names roles, teams and groups, with their paths', () => {
    const asked: RuleCondition = { any: [{ all: [role, { team: 't' }] }, { group: 'g' }] };
    expect(referencesOf(asked, 'condition')).toEqual([
      { type: 'role', id: 'r', field: 'condition.any.conditions[0].all.conditions[0].role_id' },
      { type: 'team', id: 't', field: 'condition.any.conditions[0].all.conditions[1].team_id' },
      { type: 'group', id: 'g', field: 'condition.any.conditions[1].group_id' },
    ]);
  });
});

describe('a predicate', () => {
  test('joins what it is made of', () => {
    expect(predicateOf({ all: [role, { any: [{ hasDevice: false }, { group: 'g' }] }] })).toEqual({
      text: '(($.role == $v0[*]) && ((($.device == false) || ($.rosters[*] == $v1[*]))))',
      variables: { v0: ['r'], v1: ['g'] },
    });
  });

  test('quotes keys, and has no value in its text', () => {
    const values = ['x" || true', '\\'];
    expect(predicateOf({ attribute: 'custom:a"b', values })).toEqual({
      text: String.raw`$.profile.customAttributes."a\"b" == $v0[*]`,
      variables: { v0: values },
    });
  });
});

test('a rule that names what was deleted is not used, and the places in it are named', () => {
  const rule = { id: 'x', name: 'On "leave"', createdAt: new Date(), updatedAt: new Date() };
  const condition: RuleCondition = { any: [role, { group: 'g' }] };
  expect(brokenViolations({ ...rule, condition, existing: ['r', 'g'] }, 'exclude.rule_ids[3]')).toEqual([]);
  expect(brokenViolations({ ...rule, condition, existing: ['r'] }, 'exclude.rule_ids[3]')).toEqual([
    {
      field: 'exclude.rule_ids[3]',
      description: String.raw`the rule "On \"leave\"" names a group that was deleted: condition.any.conditions[1].group_id. Change the rule first`,
    },
  ]);
});

test('a rule that campaigns wait with is kept, and they are named', () => {
  expect(refuseRuleInUse([])).toBeUndefined();
  expect(refuseRuleInUse(['c1'])).toMatchObject({ reason: 'AUDIENCE_RULE_IN_USE' });
  expect(refuseRuleInUse(['c1'])?.message).toContain('c1');
});
