import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { type FieldViolation, invalidArgument, notFound } from '../../../platform/errors/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import { holdErasures } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Roles } from '../../people/role/index.js';
import { group, Rosters, team } from '../../people/roster/index.js';
import { ResolvedAudiences } from '../campaign/index.js';
import type { AudienceRule, RuleCondition } from './audience-rule.js';
import {
  conditionViolations,
  referencesOf,
  refuseRuleInUse,
  refuseRulesOverLimit,
  type RuleReference,
} from './audience-rule.rules.js';
import { AudienceRuleStore, type RuleTargets } from './audience-rule.store.js';

const listForm = { defaultSize: 20, path: '' };

const missing: Record<RuleReference['type'], string> = {
  role: 'is not a role of this organization',
  team: 'is not a team of this organization',
  group: 'is not a group of this organization',
};

/** Saved rules. */
@Injectable()
export class AudienceRules {
  constructor(
    private readonly store: AudienceRuleStore,
    private readonly roles: Roles,
    private readonly rosters: Rosters,
    private readonly audiences: ResolvedAudiences,
    private readonly paging: Paging,
  ) {}

  async create(scope: Scope, given: { name: string; condition: RuleCondition }): Promise<AudienceRule> {
    await holdErasures(scope);
    await this.refuseCondition(scope, given.condition);
    const refusal = refuseRulesOverLimit(await this.store.countForInsert(scope));
    if (refusal) throw refusal;
    const rule = { ...given, id: uuid(), createdAt: scope.now(), updatedAt: scope.now() };
    await this.store.insert(scope, rule);
    await this.store.replaceTargets(scope, rule.id, targetsOf(rule.condition));
    await this.audit(scope, 'AUDIENCE_RULE_CREATED', rule);
    return rule;
  }

  async get(scope: Scope, id: string): Promise<AudienceRule> {
    const rule = await this.store.find(scope, id);
    if (!rule) throw notFound('audience_rule');
    return rule;
  }

  /** With `namesId`, those that name this group, team or role. */
  async list(
    scope: Scope,
    namesId: string | undefined,
    request: PageRequest,
  ): Promise<{ items: AudienceRule[]; nextPageToken: string }> {
    const binding = ['audience_rules', scope.orgId, namesId ?? ''];
    const page = this.paging.parse(request, binding, listForm);
    const found = await this.store.list(scope, page, namesId);
    const { items, pagination } = this.paging.pageOf(found, page, 0, binding);
    return { items, nextPageToken: pagination.nextPageToken };
  }

  /** An empty name or an absent condition stays as it is. */
  async update(
    scope: Scope,
    change: { id: string; name: string; condition?: RuleCondition },
  ): Promise<AudienceRule> {
    await holdErasures(scope);
    if (change.condition) await this.refuseCondition(scope, change.condition);
    const rule = await this.getForUpdate(scope, change.id);
    const changed = {
      ...rule,
      name: change.name || rule.name,
      condition: change.condition ?? rule.condition,
      updatedAt: scope.now(),
    };
    await this.store.update(scope, changed);
    if (change.condition) await this.store.replaceTargets(scope, rule.id, targetsOf(change.condition));
    await this.audit(scope, 'AUDIENCE_RULE_UPDATED', changed);
    return changed;
  }

  async delete(scope: Scope, id: string): Promise<void> {
    const rule = await this.getForUpdate(scope, id);
    const refusal = refuseRuleInUse(await this.audiences.campaignsOfRule(scope, rule.id));
    if (refusal) throw refusal;
    await this.store.delete(scope, rule.id);
    await this.audit(scope, 'AUDIENCE_RULE_DELETED', rule);
  }

  private async getForUpdate(scope: Scope, id: string): Promise<AudienceRule> {
    const rule = await this.store.findForUpdate(scope, id);
    if (!rule) throw notFound('audience_rule');
    return rule;
  }

  private async refuseCondition(scope: Scope, condition: RuleCondition): Promise<void> {
    const violations = conditionViolations(condition, 'condition');
    if (violations.length > 0) throw invalidArgument(violations);
    const unknown = await this.unknownReferences(scope, referencesOf(condition, 'condition'));
    if (unknown.length > 0) throw invalidArgument(unknown);
  }

  private async unknownReferences(
    scope: Scope,
    references: readonly RuleReference[],
  ): Promise<FieldViolation[]> {
    const ids = (type: RuleReference['type']): string[] =>
      references.filter((reference) => reference.type === type).map(({ id }) => id);
    const known = await Promise.all([
      ids('role').length > 0 ? this.roles.list(scope) : [],
      this.rosters.listVisible(scope, team, ids('team')),
      this.rosters.listVisible(scope, group, ids('group')),
    ]);
    const [roles, teams, groups] = known.map((found) => new Set(found.map(({ id }) => id)));
    const knownBy = { role: roles, team: teams, group: groups };
    return references
      .filter(({ type, id }) => !knownBy[type]?.has(id))
      .map(({ type, field }) => ({ field, description: missing[type] }));
  }

  private audit(
    scope: Scope,
    event: 'AUDIENCE_RULE_CREATED' | 'AUDIENCE_RULE_UPDATED' | 'AUDIENCE_RULE_DELETED',
    { id, name }: AudienceRule,
  ): Promise<void> {
    return scope.audit(event, { entityType: 'audience_rule', entityId: id, metadata: { name } });
  }
}

function targetsOf(condition: RuleCondition): RuleTargets {
  const references = referencesOf(condition, '');
  const ids = (...types: RuleReference['type'][]): string[] => [
    ...new Set(references.filter(({ type }) => types.includes(type)).map(({ id }) => id)),
  ];
  return { rosterIds: ids('group', 'team'), roleIds: ids('role') };
}
