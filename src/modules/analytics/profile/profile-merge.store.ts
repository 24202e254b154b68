import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { ProfileMerge } from './profile.js';
import { nextVersion, placeOf } from './profile.store.js';

/** A profile, and what it is without what was merged into it. */
export interface Layers {
  readonly properties: JsonObject;
  readonly own: JsonObject;
  readonly isDeleted: boolean;
}

/** Merged profiles that learn what is told of one of them: each costs a row. */
const MOST_LEVELS = 20;
const MOST_LISTED = 100;

const columns = `m.id, m.profile_id as "profileId", m.into_profile_id as "intoProfileId", m.merged_at as "mergedAt", m.undone_at as "undoneAt"`;

const keepOwn = statement(
  'profile.keep_own',
  `update profile set own_properties = coalesce(own_properties, properties)
    where org_id = $1 and project = $2 and id = $3`,
);

const merge = statement(
  'profile.merge',
  `update profile set merged_into = $4, updated_at = $5, version = ${nextVersion('version')}, is_mirrored = false
    where org_id = $1 and project = $2 and (id = $3 or merged_into = $3)`,
);

const moveAliases = statement(
  'profile_alias.move',
  `update profile_alias set profile_id = $4, home_id = coalesce(home_id, profile_id), version = ${nextVersion('version')},
          is_mirrored = false
    where org_id = $1 and project = $2 and profile_id = $3`,
);

const insert = statement(
  'profile_merge.insert',
  `insert into profile_merge as m (org_id, project, id, profile_id, into_profile_id, merged_at)
   values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
);

// From the profile up to the one below the last.
const tell = statement(
  'profile.tell_merged',
  `with recursive path (id, into_id, level) as (
     select profile_id, into_profile_id, 1 from profile_merge
      where org_id = $1 and project = $2 and profile_id = $3 and undone_at is null
     union all
     select m.profile_id, m.into_profile_id, level + 1
       from path join profile_merge m on m.org_id = $1 and m.profile_id = into_id and m.undone_at is null
      where level < ${MOST_LEVELS}
   )
   update profile p set properties = p.properties || $4::jsonb,
          own_properties = case when p.id = $3 then p.own_properties || $4::jsonb else p.own_properties end
     from path where p.org_id = $1 and p.project = $2 and p.id = path.id`,
);

const find = readStatement(
  'profile_merge.find',
  `select ${columns} from profile_merge m where m.org_id = $1 and m.project = $2 and m.id = $3`,
);

const above = readStatement(
  'profile_merge.above',
  `with recursive path (id, level) as (
     select $3::uuid, 0
     union all
     select m.into_profile_id, level + 1
       from path join profile_merge m
         on m.org_id = $1 and m.project = $2 and m.profile_id = path.id and m.undone_at is null
   )
   select id from path order by level`,
);

const layers = statement(
  'profile.layers',
  `select properties, coalesce(own_properties, properties) as own, deleted_at is not null as "isDeleted"
     from profile where org_id = $1 and project = $2 and id = $3 for update`,
);

const parts = statement(
  'profile.parts',
  `select p.properties from profile_merge m join profile p on p.org_id = m.org_id and p.id = m.profile_id
    where m.org_id = $1 and m.project = $2 and m.into_profile_id = $3 and m.undone_at is null
    order by m.merged_at desc, m.id desc`,
);

const end = statement(
  'profile_merge.end',
  `update profile_merge m set undone_at = $4
    where m.org_id = $1 and m.project = $2 and m.id = $3 and m.undone_at is null returning ${columns}`,
);

// $3: the profile that is parted; what is below it goes with it.
const below = `with recursive below (id) as (
     select $3::uuid
     union
     select m.profile_id from below join profile_merge m
         on m.org_id = $1 and m.project = $2 and m.into_profile_id = below.id and m.undone_at is null
   )`;

const part = statement(
  'profile.part',
  `${below} update profile p set merged_into = nullif($3::uuid, p.id), updated_at = $4, version = ${nextVersion('p.version')},
          is_mirrored = false
     from below where p.org_id = $1 and p.project = $2 and p.id = below.id`,
);

const returnAliases = statement(
  'profile_alias.return',
  `${below} update profile_alias a set profile_id = $3::uuid, version = ${nextVersion('a.version')}, is_mirrored = false
     from below where a.org_id = $1 and a.project = $2 and a.profile_id = $4 and a.home_id = below.id`,
);

const list = readStatement(
  'profile_merge.list',
  `with part as (select id from profile where org_id = $1 and project = $2 and (id = $3 or merged_into = $3))
   select ${columns} from profile_merge m
    where m.org_id = $1 and m.project = $2
      and (m.profile_id in (select id from part) or m.into_profile_id in (select id from part))
    order by m.merged_at desc, m.id desc limit ${MOST_LISTED}`,
);

type Row<T> = T & Record<string, unknown>;

/** Which profiles became part of which. All but `tell` and `list` under the lock of the project's profiles. */
@Injectable()
export class ProfileMergeStore {
  /** All that leads to one profile leads to another. Their properties are the caller's. */
  async merge(
    scope: Scope,
    merged: Pick<ProfileMerge, 'id' | 'profileId' | 'intoProfileId'>,
  ): Promise<ProfileMerge> {
    const { id, profileId, intoProfileId } = merged;
    const tx = await scope.tx();
    await tx.execute(keepOwn, [...placeOf(scope), intoProfileId]);
    await tx.execute(merge, [...placeOf(scope), profileId, intoProfileId, scope.now()]);
    await tx.execute(moveAliases, [...placeOf(scope), profileId, intoProfileId]);
    const values = [...placeOf(scope), id, profileId, intoProfileId, scope.now()];
    const [row] = await tx.query<Row<ProfileMerge>>(insert, values);
    if (!row) throw new Error('The insert returned no row.');
    return row;
  }

  /** A merged profile, and those between it and the one that is left, have the properties, too. */
  async tell(scope: Scope, profileId: string, properties: JsonObject): Promise<void> {
    await (await scope.tx()).execute(tell, [...placeOf(scope), profileId, JSON.stringify(properties)]);
  }

  async find(scope: Scope, id: string): Promise<ProfileMerge | undefined> {
    return (await scope.tx()).queryOne<Row<ProfileMerge>>(find, [...placeOf(scope), id]);
  }

  /** The profile, what it is part of, and so on to the one that is left. */
  async above(scope: Scope, profileId: string): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(above, [...placeOf(scope), profileId]);
    return rows.map(({ id }) => id);
  }

  /** Locks the row. */
  async layers(scope: Scope, profileId: string): Promise<Layers | undefined> {
    return (await scope.tx()).queryOne<Row<Layers>>(layers, [...placeOf(scope), profileId]);
  }

  /** Properties of those that are merged into the profile, the latest first. */
  async parts(scope: Scope, profileId: string): Promise<JsonObject[]> {
    const tx = await scope.tx();
    const rows = await tx.query<{ properties: JsonObject }>(parts, [...placeOf(scope), profileId]);
    return rows.map(({ properties }) => properties);
  }

  /** What led to the merged profile leads to it again. */
  async part(scope: Scope, { id, profileId }: ProfileMerge, from: string): Promise<ProfileMerge> {
    const tx = await scope.tx();
    const [row] = await tx.query<Row<ProfileMerge>>(end, [...placeOf(scope), id, scope.now()]);
    if (!row) throw new Error('The merge was undone in spite of the lock.');
    await tx.execute(part, [...placeOf(scope), profileId, scope.now()]);
    await tx.execute(returnAliases, [...placeOf(scope), profileId, from]);
    return row;
  }

  /** Those of the profile, and of all that is merged into it, the newest first. */
  async list(scope: Scope, profileId: string): Promise<ProfileMerge[]> {
    return (await scope.tx()).query<Row<ProfileMerge>>(list, [...placeOf(scope), profileId]);
  }
}
