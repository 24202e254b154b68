import { nameKey } from '../../../platform/text/index.js';

/** From a group of the directory to a team, an audience group or a role. */
export interface GroupMapping {
  /** displayName, in any case and spelling that looks alike, or externalId. */
  group: string;
  target: number;
  targetId: string;
}

/** Numbers of dovecote.sso.v1.GroupTarget. */
export const groupTarget = { team: 1, group: 2, role: 3 } as const;

/** Key under which a granted target is recorded. */
export function keyOf({ target, targetId }: Pick<GroupMapping, 'target' | 'targetId'>): string {
  return `${target}:${targetId}`;
}

export function targetOf(key: string): Pick<GroupMapping, 'target' | 'targetId'> {
  const [target = '', targetId = ''] = key.split(':');
  return { target: Number(target), targetId };
}

interface NamedGroup {
  displayName: string;
  externalId: string | null;
}

export function isFor({ group }: GroupMapping, { displayName, externalId }: NamedGroup): boolean {
  return group === externalId || nameKey(group) === nameKey(displayName);
}

export function mappingsFor(mappings: readonly GroupMapping[], group: NamedGroup): GroupMapping[] {
  return mappings.filter((mapping) => isFor(mapping, group));
}

/** What is mapped now and was not before. */
export function newMappings(before: readonly GroupMapping[], after: readonly GroupMapping[]): GroupMapping[] {
  return after.filter((mapping) => !before.some((known) => sameMapping(known, mapping)));
}

function sameMapping(one: GroupMapping, other: GroupMapping): boolean {
  return one.group === other.group && one.target === other.target && one.targetId === other.targetId;
}

/** The group among these that maps to the target, if any. */
export function leadingTo<Group extends NamedGroup>(
  mappings: readonly GroupMapping[],
  groups: readonly Group[],
  key: string,
): Group | undefined {
  const leading = mappings.filter((mapping) => keyOf(mapping) === key);
  return groups.find((group) => leading.some((mapping) => isFor(mapping, group)));
}

/** The first role that one of the groups gives. */
export function roleFor(
  mappings: readonly GroupMapping[],
  groups: readonly NamedGroup[],
): string | undefined {
  return mappings.find(
    (mapping) => mapping.target === groupTarget.role && groups.some((group) => isFor(mapping, group)),
  )?.targetId;
}
