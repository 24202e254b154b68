import type { RuleCondition } from './audience-rule.js';
import { type ProfilePlace, profilePlaceOf } from './audience-rule.rules.js';

/** A value that a rule asks for, and where profiles have it. */
export interface NamedValue {
  readonly attribute: string;
  readonly value: string;
  readonly place: ProfilePlace;
}

/** What is known of a member who is erased. */
export interface KnownMember {
  readonly email: string;
  readonly name: string;
  readonly profile: Readonly<Record<string, unknown>>;
}

/** The values of a rule that may mean the member: theirs, their address, and as the name of a manager their name. */
export function valuesNaming(condition: RuleCondition, { email, name, profile }: KnownMember): NamedValue[] {
  return attributesOf(condition).flatMap(({ attribute, values }) => {
    const place = profilePlaceOf(attribute);
    if (!place) return [];
    const meant = [valueAt(profile, place), email, attribute === 'manager_name' ? name : ''];
    return values
      .filter((value) => meant.some((one) => one !== '' && isSame(one, value)))
      .map((value) => ({ attribute, value, place }));
  });
}

/** The rule without these values. A condition that loses its last value applies to no member. */
export function withoutValues(condition: RuleCondition, removed: readonly NamedValue[]): RuleCondition {
  if ('all' in condition) return { all: condition.all.map((one) => withoutValues(one, removed)) };
  if ('any' in condition) return { any: condition.any.map((one) => withoutValues(one, removed)) };
  if (!('attribute' in condition)) return condition;
  const { attribute } = condition;
  const isKept = (value: string): boolean =>
    !removed.some((one) => one.attribute === attribute && one.value === value);
  return { attribute, values: condition.values.filter(isKept) };
}

function attributesOf(condition: RuleCondition): { attribute: string; values: readonly string[] }[] {
  if ('attribute' in condition) return [condition];
  const within = 'all' in condition ? condition.all : 'any' in condition ? condition.any : [];
  return within.flatMap(attributesOf);
}

function valueAt(profile: Readonly<Record<string, unknown>>, { key, custom }: ProfilePlace): string {
  const from = custom ? profile['customAttributes'] : profile;
  if (typeof from !== 'object' || from === null || !Object.hasOwn(from, key)) return '';
  const value = (from as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : '';
}

/** Ignores case: a rule that was written by hand means the same member. */
function isSame(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
