import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { readStatement, statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { keptValue, MOST_OF_PROFILE, MOST_OF_PROPERTY, noteChanges, omittedBytes } from './noted-changes.js';
import { changeCause, type PropertyChange } from './property-change.js';
import { placeOf } from './profile.store.js';

/** A profile, and all that is merged into it. */
const members = (profileId: string): string =>
  `select id from profile where org_id = $1 and project = $2 and (id = ${profileId} or merged_into = ${profileId})`;

const trim = statement(
  'property_change.trim',
  `delete from property_change c using (
     select profile_id, name, id, row_number() over (partition by profile_id, name order by id desc) as of_property,
            row_number() over (partition by profile_id order by id desc) as of_profile
       from property_change where org_id = $1 and profile_id = any ($2::uuid[])) counted
    where c.org_id = $1 and c.profile_id = counted.profile_id and c.name = counted.name and c.id = counted.id
      and (of_property > ${MOST_OF_PROPERTY} or of_profile > ${MOST_OF_PROFILE})`,
);

// $3, $4: the profile that goes, and the one that stays; $5, $6: values of either. A value belongs to the profile that told it,
// which may have become part of either before.
const noteMerge = statement(
  'property_change.note_merge',
  `with member as materialized (
     select id, coalesce(merged_into, id) as side from profile
      where org_id = $1 and project = $2 and (id in ($3::uuid, $4::uuid) or merged_into in ($3::uuid, $4::uuid))
   ), changed as (
     select key as name, value, $3::uuid as side from jsonb_each($5::jsonb)
     union all
     select key, value, $4::uuid from jsonb_each($6::jsonb)
   ), told as (
     select name, value, coalesce((
              select c.profile_id from member m join property_change c on c.org_id = $1 and c.profile_id = m.id
               where m.side = changed.side and c.name = changed.name order by c.id desc limit 1), side) as profile_id
       from changed
   )
   ${noteChanges({ from: 'told', project: '$2', cause: String(changeCause.merge), causeId: '$7', changedAt: '$8' })}
   returning profile_id::text as "profileId"`,
);

// $3: the profile that is left; $4: the one that was parted from it; $5: the merge. What merges have changed stays with the
// parted one only if they were merges into that one, or into one that is part of it.
const forgetMerge = statement(
  'property_change.forget_merge',
  `with parted as materialized (${members('$4::uuid')})
   delete from property_change c
    where c.org_id = $1 and c.cause in (${changeCause.merge}, ${changeCause.undoMerge})
      and (c.profile_id in (${members('$3::uuid')}) and c.cause = ${changeCause.merge} and c.cause_id = $5
        or c.profile_id in (select id from parted)
            and not exists (select from profile_merge m where m.org_id = $1 and m.id = c.cause_id
                               and m.into_profile_id in (select id from parted)))`,
);

// $3: the profile; $4: values that it has again; $5: names of properties that it has no longer. What its history says anyway
// is not noted.
const noteUndo = statement(
  'property_change.note_undo',
  `with recursive member (id) as (
     select $3::uuid
     union
     select m.profile_id from member join profile_merge m
         on m.org_id = $1 and m.project = $2 and m.into_profile_id = member.id and m.undone_at is null
   ), changed as (
     select key as name, value from jsonb_each($4::jsonb)
     union all
     select name, null from unnest($5::text[]) name
   ), told as (
     select changed.name, changed.value, coalesce(teller.profile_id, $3::uuid) as profile_id
       from (select name, value, ${keptValue} as kept_value, ${omittedBytes} as omitted_bytes from changed) changed
       left join lateral (
         select c.value, c.omitted_bytes from member m join property_change c on c.org_id = $1 and c.profile_id = m.id
          where c.name = changed.name order by c.id desc limit 1) latest on true
       left join lateral (
         select c.profile_id from member m join property_change c on c.org_id = $1 and c.profile_id = m.id
          where c.name = changed.name and c.value = changed.value order by c.id desc limit 1) teller on true
      where latest.value is distinct from changed.kept_value
         or latest.omitted_bytes is distinct from changed.omitted_bytes
   )
   ${noteChanges({ from: 'told', project: '$2', cause: String(changeCause.undoMerge), causeId: '$6', changedAt: '$7' })}`,
);

const list = readStatement(
  'property_change.list',
  `select c.id::text, c.profile_id as "profileId", c.name,
          case when c.value is not null then jsonb_build_object('json', c.value) end as value,
          c.omitted_bytes as "omittedBytes", c.cause, c.cause_id as "causeId", c.changed_at as "changedAt"
     from property_change c
    where c.org_id = $1 and c.profile_id in (${members('$3::uuid')})
      and ($4::text is null or c.name = $4) and ($5::timestamptz is null or c.changed_at >= $5)
      and ($6::timestamptz is null or c.changed_at < $6) and ($7::bigint is null or c.id < $7)
    order by c.id desc limit $8`,
);

const purge = statement(
  'property_change.purge',
  `delete from property_change c using (
     select old.* from project p cross join lateral (
       select o.org_id, o.profile_id, o.name, o.id from property_change o
        where o.org_id = p.org_id and o.project = p.number
          and o.changed_at < $1::timestamptz - make_interval(days => p.retention_days)
        order by o.changed_at limit $2) old
      where p.retention_days is not null limit $2) old
    where c.org_id = old.org_id and c.profile_id = old.profile_id and c.name = old.name and c.id = old.id`,
);

/** The settings of a transaction that sees the histories of all organizations; no call runs in one. */
export const retentionSettings = { kind: 'job', lookup: { kind: 'profiles', key: 'retention' } } as const;

/** Two profiles that become one. */
interface Joined {
  readonly mergeId: string;
  readonly profileId: string;
  readonly intoProfileId: string;
  /** What the one that stays has from the one that goes. */
  readonly gained: JsonObject;
  /** What the one that stays has instead of another value of the one that goes. */
  readonly kept: JsonObject;
}

/** A profile from which another was parted. */
interface Parted {
  readonly mergeId: string;
  readonly profileId: string;
  /** Values that it has again. */
  readonly changed: JsonObject;
  /** Names of properties that it has no longer. */
  readonly removed: readonly string[];
}

/** Which changes. */
export interface WantedChanges {
  readonly profileId: string;
  /** Null: of all properties. */
  readonly name: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  /** Only those before this one; null: from the newest on. */
  readonly before: string | null;
  readonly most: number;
}

type Row<T> = T & Record<string, unknown>;

/** The history of properties. What calls tell is noted by ProfileStore, in the statement that stores it. */
@Injectable()
export class PropertyChangeStore {
  /** Before the profiles are joined. */
  async noteMerge(scope: Scope, joined: Joined): Promise<void> {
    const { mergeId, profileId, intoProfileId, gained, kept } = joined;
    const properties = [JSON.stringify(gained), JSON.stringify(kept)];
    const values = [...placeOf(scope), profileId, intoProfileId, ...properties, mergeId, scope.now()];
    const noted = await (await scope.tx()).query<Row<{ profileId: string }>>(noteMerge, values);
    if (noted.length > 0) await this.trim(scope, [...new Set(noted.map((row) => row.profileId))]);
  }

  /** After a profile was parted from the one that is left: neither has changes that the merge brought about. */
  async forgetMerge(scope: Scope, mergeId: string, left: string, parted: string): Promise<void> {
    await (await scope.tx()).execute(forgetMerge, [...placeOf(scope), left, parted, mergeId]);
  }

  /** After `forgetMerge`. */
  async noteUndo(scope: Scope, { mergeId, profileId, changed, removed }: Parted): Promise<void> {
    const values = [...placeOf(scope), profileId, JSON.stringify(changed), removed, mergeId, scope.now()];
    await (await scope.tx()).execute(noteUndo, values);
  }

  /** Deletes the oldest changes of profiles with more than are kept. */
  async trim(scope: Scope, profileIds: readonly string[]): Promise<void> {
    await (await scope.tx()).execute(trim, [scope.orgId, profileIds]);
  }

  /** Those of a profile and of all that is merged into it, the newest first. */
  async list(scope: Scope, wanted: WantedChanges): Promise<PropertyChange[]> {
    const { profileId, name, from, to, before, most } = wanted;
    const values = [...placeOf(scope), profileId, name, from, to, before, most];
    return (await scope.tx()).query<Row<PropertyChange>>(list, values);
  }

  /** Deletes at most so many that are older than their project keeps events; returns how many. With `retentionSettings`. */
  async purge(tx: Transaction, now: Date, most: number): Promise<number> {
    return (await tx.execute(purge, [now, most])).rowCount ?? 0;
  }
}
