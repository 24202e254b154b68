import type { BreakdownKey } from '../../../src/modules/analytics/insight/insight-result.js';
import { compareTexts, groupBy } from './text.js';

/** Two values rank by a difference that may be one of rounding: no evaluator can be held to this order. */
export class AmbiguousRank extends Error {}

/** Larger first; throws where only rounding decides. */
export function compareRank(left: number, right: number): number {
  const close = Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));
  if (close && !(isExact(left) && isExact(right))) {
    throw new AmbiguousRank(`${left} or ${right}`);
  }
  return right - left;
}

/** Sums of multiples of 1/64 are not rounded. */
function isExact(value: number): boolean {
  return Number.isInteger(value * 64);
}

export interface Group<Item> {
  readonly breakdown: BreakdownKey;
  readonly items: readonly Item[];
}

/**
 * The items by the values of their breakdown: the largest `limit` groups by rank, equal ones by their values, and the
 * items of all others in one last group. Without a breakdown there is one group with no values.
 */
export function topGroups<Item>(
  items: readonly Item[],
  breakdown: { readonly properties: readonly string[]; readonly limit: number } | undefined,
  valueOf: (item: Item, property: string) => string,
  rankOf: (items: readonly Item[]) => number,
): Group<Item>[] {
  if (breakdown === undefined) {
    return items.length === 0 ? [] : [{ breakdown: [], items }];
  }
  const byKey = groupBy(items, (item) =>
    JSON.stringify(breakdown.properties.map((property) => valueOf(item, property))),
  );
  const groups = [...byKey].map(([key, members]) => ({
    values: JSON.parse(key) as string[],
    items: members,
    rank: rankOf(members),
  }));
  groups.sort((left, right) => compareRank(left.rank, right.rank) || compareTexts(left.values, right.values));
  const kept: Group<Item>[] = groups
    .slice(0, breakdown.limit)
    .map((group) => ({ breakdown: group.values, items: group.items }));
  const rest = groups.slice(breakdown.limit).flatMap((group) => group.items);
  return rest.length === 0 ? kept : [...kept, { breakdown: 'others', items: rest }];
}
