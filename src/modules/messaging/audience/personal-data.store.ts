import { setStatement, statement } from '../../../platform/database/index.js';
import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { RuleCondition } from './audience-rule.js';
import { type KnownMember, type NamedValue, valuesNaming, withoutValues } from './named-value.rules.js';

const rules = organizationFile('audience_rules', {
  key: 'r.id',
  object: `to_jsonb(r) - '{org_id,name_key}'::text[]`,
  from: 'from audience_rule r where r.org_id = $1',
});

const known = statement(
  'audience_rule.erased_member',
  'select email, name, profile from member where org_id = $1 and id = $2',
);
const askingForValues = setStatement(
  'audience_rule.asking_for_values',
  `select id, condition from audience_rule where org_id = $1 and jsonb_path_exists(condition, '$.**.attribute')
    order by id`,
);
const ofOthers = setStatement(
  'audience_rule.values_of_others',
  `select (given.place - 1)::int as place
     from unnest($3::text[], $4::boolean[], $5::text[]) with ordinality as given (key, custom, value, place)
    where exists (
      select from member m where m.org_id = $1 and m.id <> $2
         and lower(case when given.custom then m.profile->'customAttributes'->>given.key else m.profile->>given.key end)
             = lower(given.value))`,
);
const update = statement(
  'audience_rule.erase_values',
  'update audience_rule set condition = $3, updated_at = $4 where org_id = $1 and id = $2',
);

interface AskingRule {
  id: string;
  condition: RuleCondition;
}

/** Those of the values that no other member has: with others, a value says something about them as well. */
async function onlyOf(scope: Scope, userId: string, values: readonly NamedValue[]): Promise<NamedValue[]> {
  if (values.length === 0) return [];
  const tx = await scope.tx();
  const rows = await tx.query<{ place: number }>(ofOthers, [
    scope.orgId,
    userId,
    values.map(({ place }) => place.key),
    values.map(({ place }) => place.custom),
    values.map(({ value }) => value),
  ]);
  const shared = new Set(rows.map(({ place }) => place));
  return values.filter((_, index) => !shared.has(index));
}

/**
 * Rules name roles, teams, groups and values of profiles. A value that the erased member alone has, such as an employee number,
 * leads to them, and is removed. The rule applies to the same members as before: no other member has the value.
 */
export const audiencePersonalData: PersonalDataContribution = {
  organizationFiles: [rules],
  async erase(scope, { userId }) {
    const tx = await scope.tx();
    const member = await tx.queryOne<KnownMember>(known, [scope.orgId, userId]);
    if (!member) return;
    for (const { id, condition } of await tx.query<AskingRule>(askingForValues, [scope.orgId])) {
      const removed = await onlyOf(scope, userId, valuesNaming(condition, member));
      if (removed.length === 0) continue;
      const rest = JSON.stringify(withoutValues(condition, removed));
      await tx.execute(update, [scope.orgId, id, rest, scope.now()]);
      await scope.audit('AUDIENCE_RULE_UPDATED', {
        entityType: 'audience_rule',
        entityId: id,
        metadata: { cause: 'erasure', values: String(removed.length) },
      });
    }
  },
};
