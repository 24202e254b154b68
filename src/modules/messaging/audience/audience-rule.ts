/** Applies to a member who is invited or active, or not. As it is stored. */
export type RuleCondition =
  | { readonly role: string }
  | { readonly team: string }
  | { readonly group: string }
  | { readonly attribute: string; readonly values: readonly string[] }
  | { readonly hasDevice: boolean }
  | { readonly all: readonly RuleCondition[] }
  | { readonly any: readonly RuleCondition[] };

/** A condition with a name. */
export interface AudienceRule {
  id: string;
  name: string;
  condition: RuleCondition;
  createdAt: Date;
  updatedAt: Date;
}

/** A rule, and the ids of those groups, teams and roles that it names and that exist. */
export interface FoundRule extends AudienceRule {
  existing: readonly string[];
}
