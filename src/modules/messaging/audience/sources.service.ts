import { Injectable } from '@nestjs/common';
import { type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import { group, type NamedRoster, Rosters, team } from '../../people/roster/index.js';
import { type ResolvableSource, sourceKind } from '../campaign/index.js';
import type { AudienceRule, RuleCondition } from './audience-rule.js';
import { brokenViolations, predicateOf, refuseManyComparisons } from './audience-rule.rules.js';
import { AudienceRuleStore } from './audience-rule.store.js';

/** Sources as they are asked for. Ids are in lower case. */
export interface GivenSources {
  userIds: readonly string[];
  groupIds: readonly string[];
  teamIds: readonly string[];
  ruleIds: readonly string[];
  ruleNames: readonly string[];
}

export interface GivenAudience {
  include: GivenSources;
  exclude: GivenSources;
}

interface Side {
  given: GivenSources;
  /** Its field of the request. */
  field: 'include' | 'exclude';
}

interface FoundSide {
  violations: FieldViolation[];
  sources: ResolvableSource[];
  /** The conditions of its rules. */
  conditions: RuleCondition[];
}

/** Finds what sources name. */
@Injectable()
export class Sources {
  constructor(
    private readonly rules: AudienceRuleStore,
    private readonly rosters: Rosters,
  ) {}

  /**
   * Sources that exist and that the caller may see, those that include first; refuses others. Members of a list are not looked
   * at. With `kept`, rules stay as they are until the transaction ends, and no group or team is deleted before.
   */
  async find(scope: Scope, { include, exclude }: GivenAudience, kept: boolean): Promise<ResolvableSource[]> {
    const sides = [
      await this.ofSide(scope, { given: include, field: 'include' }, kept),
      await this.ofSide(scope, { given: exclude, field: 'exclude' }, kept),
    ];
    const violations = sides.flatMap((side) => side.violations);
    if (violations.length > 0) throw invalidArgument(violations);
    const refusal = refuseManyComparisons(sides.flatMap((side) => side.conditions));
    if (refusal) throw refusal;
    return sides.flatMap((side) => side.sources);
  }

  private async ofSide(scope: Scope, { given, field }: Side, kept: boolean): Promise<FoundSide> {
    const named = { ids: given.ruleIds, nameKeys: given.ruleNames.map(nameKey) };
    const asked = named.ids.length + named.nameKeys.length;
    const [groups, teams, rules] = await Promise.all([
      kept
        ? this.rosters.listVisibleForUpdate(scope, group, given.groupIds)
        : this.rosters.listVisible(scope, group, given.groupIds),
      kept
        ? this.rosters.listVisibleForUpdate(scope, team, given.teamIds)
        : this.rosters.listVisible(scope, team, given.teamIds),
      asked === 0
        ? []
        : kept
          ? this.rules.findNamedForShare(scope, named)
          : this.rules.findNamed(scope, named),
    ]);
    const violations: FieldViolation[] = [];
    const refuseUnknown = (
      name: string,
      ids: readonly string[],
      known: ReadonlySet<string>,
      what: string,
    ): void => {
      for (const [index, id] of ids.entries()) {
        if (!known.has(id)) violations.push({ field: `${field}.${name}[${index}]`, description: what });
      }
    };
    refuseUnknown('group_ids', given.groupIds, idsOf(groups), 'is not a group of this organization');
    refuseUnknown('team_ids', given.teamIds, idsOf(teams), 'is not a team of this organization');
    refuseUnknown('rule_ids', named.ids, idsOf(rules), 'is not an audience rule of this organization');
    const nameKeys = new Set(rules.map(({ name }) => nameKey(name)));
    refuseUnknown('rule_names', named.nameKeys, nameKeys, 'is not an audience rule of this organization');
    for (const rule of rules) {
      const [byId, byName] = [named.ids.indexOf(rule.id), named.nameKeys.indexOf(nameKey(rule.name))];
      const place = byId < 0 ? `rule_names[${byName}]` : `rule_ids[${byId}]`;
      violations.push(...brokenViolations(rule, `${field}.${place}`));
    }
    const excludes = field === 'exclude';
    const sources = [
      ...(given.userIds.length > 0
        ? [{ ...plain, kind: sourceKind.users, excludes, userIds: given.userIds }]
        : []),
      ...groups.map(({ id, name }) => ({ ...plain, kind: sourceKind.group, excludes, id, name })),
      ...teams.map(({ id, name }) => ({ ...plain, kind: sourceKind.team, excludes, id, name })),
      ...rules.map((rule) => ofRule(rule, excludes)),
    ];
    return { violations, sources, conditions: rules.map(({ condition }) => condition) };
  }
}

const plain = { id: null, name: '', userIds: [], condition: null };

function ofRule({ id, name, condition }: AudienceRule, excludes: boolean): ResolvableSource {
  return { ...plain, kind: sourceKind.rule, excludes, id, name, condition: predicateOf(condition) };
}

function idsOf(found: readonly NamedRoster[]): ReadonlySet<string> {
  return new Set(found.map(({ id }) => id));
}
