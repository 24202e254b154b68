import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { isCrowded, noteChanges } from './noted-changes.js';
import type { KnownPerson, Profile } from './profile.js';
import { changeCause, type Telling } from './property-change.js';

/** What is known of a person before anything is written. */
export interface Knowledge {
  readonly id: string;
  /** Whether the profile has the traits already, also without what was told by ids of others that are part of it. */
  readonly hasTraits: boolean;
  /** Whether all the ids lead to it already. */
  readonly isLinked: boolean;
}

/** The profile to which an id leads. */
export interface Led extends Profile {
  /** Whether the id is a profile's own, or its external id; also of one that was merged. */
  readonly namesProfile: boolean;
  /** Whether Alias made the id lead to it. */
  readonly isByAlias: boolean;
  /** The profile to which the id would lead if nothing were merged. */
  readonly homeId: string;
}

/** What a call tells of a profile. */
interface Told {
  /** What all of it is from now on. */
  readonly properties: JsonObject;
  /** What the call says. */
  readonly traits: JsonObject;
  /** The profile to which the id of the call would lead if nothing were merged. */
  readonly homeId: string;
}

export const nextVersion = (version: string): string =>
  `greatest(${version} + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)`;

const lock = statement('profile.lock', `select pg_advisory_xact_lock(hashtextextended('profile/' || $1, 0))`);

const know = readStatement(
  'profile.know',
  `select p.id, p.properties || $5::jsonb = p.properties
            and case when a.home_id is null or a.home_id = p.id
                     then p.own_properties is null or p.own_properties || $5::jsonb = p.own_properties
                     else not exists (
                       select from profile home
                        where home.org_id = $1 and home.id = a.home_id
                          and (home.properties || $5::jsonb <> home.properties
                            or home.own_properties || $5::jsonb <> home.own_properties)) end as "hasTraits",
          not exists (
            select from unnest($4::text[]) link where not exists (
              select from profile_alias l
               where l.org_id = $1 and l.project = $2 and l.alias = link
                 and case when $6 then l.profile_id = p.id and (l.by_alias or l.names_profile)
                          else l.profile_id = p.id or l.names_profile end)) as "isLinked"
     from profile_alias a join profile p on p.org_id = a.org_id and p.project = a.project and p.id = a.profile_id
    where a.org_id = $1 and a.project = $2 and a.alias = $3 and a.names_profile and p.deleted_at is null`,
);

const traits = readStatement(
  'profile.traits',
  `select id, properties from profile
    where org_id = $1 and project = $2 and id = any ($3::uuid[]) and merged_into is null and deleted_at is null`,
);

const find = statement(
  'profile.find',
  `select p.id, p.properties, a.names_profile as "namesProfile", a.by_alias as "isByAlias",
          coalesce(a.home_id, a.profile_id)::text as "homeId"
     from profile_alias a join profile p on p.org_id = a.org_id and p.project = a.project and p.id = a.profile_id
    where a.org_id = $1 and a.project = $2 and a.alias = $3 and p.deleted_at is null
      for update of p`,
);

const leads = readStatement(
  'profile_alias.leads',
  `select profile_id as id, coalesce(home_id, profile_id)::text as "homeId" from profile_alias
    where org_id = $1 and project = $2 and alias = $3`,
);

const insert = statement(
  'profile.insert',
  `insert into profile (org_id, project, id, external_id, properties, created_at, updated_at, version, is_mirrored)
   values ($1, $2, $3, $4, '{}', $5, $5, ${nextVersion('0')}, false)`,
);

const findForUpdate = statement(
  'profile.find_for_update',
  `select id, properties from profile
    where org_id = $1 and project = $2 and id = $3 and merged_into is null and deleted_at is null for update`,
);

const setProperties = statement(
  'profile.set_properties',
  `update profile set properties = $4::jsonb, updated_at = $5, version = ${nextVersion('version')}, is_mirrored = false
    where org_id = $1 and project = $2 and id = $3`,
);

// Its history in the same statement: what is new to the profile, or to that of the id ($6), for which it is noted. Both are
// read behind the lock of the profile's row.
const tell = statement(
  'profile.tell',
  `with before as materialized (
     select properties from profile where org_id = $1 and project = $2 and id in ($3::uuid, $6::uuid)
     union all
     select own_properties from profile
      where org_id = $1 and project = $2 and id = $6::uuid and own_properties is not null
   ), told as materialized (
     select $6::uuid as profile_id, key as name, value from jsonb_each($7::jsonb)
      where exists (select from before where before.properties -> key is distinct from value)
   ), noted as (
     ${noteChanges({ from: 'told', project: '$2', cause: '$8', causeId: '$9', changedAt: '$5' })}
   )
   update profile set properties = $4::jsonb, updated_at = $5, version = ${nextVersion('version')}, is_mirrored = false,
          own_properties = case when id = $6 then own_properties || $7::jsonb else own_properties end
    where org_id = $1 and project = $2 and id = $3
   returning ${isCrowded('$6', 'told')} as "isCrowded"`,
);

const countIds = statement(
  'profile_alias.count',
  `select count(*)::integer as count
     from (select from profile_alias where org_id = $1 and profile_id = any ($2::uuid[]) limit $3) ids`,
);

const link = statement(
  'profile_alias.link',
  `insert into profile_alias as known (org_id, project, alias, profile_id, names_profile, by_alias, home_id, version, is_mirrored)
   values ($1, $2, $3, $4, $5, $6, nullif($7::uuid, $4::uuid), ${nextVersion('0')}, false)
   on conflict (org_id, project, alias) do update set profile_id = excluded.profile_id,
     names_profile = known.names_profile or excluded.names_profile, by_alias = excluded.by_alias, home_id = excluded.home_id, version = ${nextVersion('known.version')},
     is_mirrored = false`,
);

/** The people of the scope's project. */
@Injectable()
export class ProfileStore {
  /** Until the transaction ends, no other call changes which ids lead to which profile of the project. */
  async lock(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(lock, [scope.project.number]);
  }

  async know(
    scope: Scope,
    { externalId, traits, links, isAlias }: KnownPerson,
  ): Promise<Knowledge | undefined> {
    const values = [...placeOf(scope), externalId, links, JSON.stringify(traits), isAlias];
    return (await scope.tx()).queryOne<Knowledge>(know, values);
  }

  /** Those of the profiles that are neither merged nor deleted. */
  async traits(scope: Scope, ids: readonly string[]): Promise<Profile[]> {
    return (await scope.tx()).query<Profile>(traits, [...placeOf(scope), ids]);
  }

  /** The profile to which the id leads, unless it is deleted. Locks its row. */
  async find(scope: Scope, id: string): Promise<Led | undefined> {
    return (await scope.tx()).queryOne<Led>(find, [...placeOf(scope), id]);
  }

  /** Where the id leads at this moment. Locks nothing. */
  async leads(scope: Scope, id: string): Promise<Pick<Led, 'id' | 'homeId'> | undefined> {
    return (await scope.tx()).queryOne<Pick<Led, 'id' | 'homeId'>>(leads, [...placeOf(scope), id]);
  }

  /** A profile without traits, to which its own id and its external id lead. */
  async insert(scope: Scope, id: string, externalId: string): Promise<void> {
    await (await scope.tx()).execute(insert, [...placeOf(scope), id, externalId, scope.now()]);
    for (const own of [id, externalId]) await this.link(scope, own, id, { namesProfile: true });
  }

  /** Undefined when the profile has been merged or deleted; otherwise its row is locked. */
  async findForUpdate(scope: Scope, id: string): Promise<Profile | undefined> {
    return (await scope.tx()).queryOne<Profile>(findForUpdate, [...placeOf(scope), id]);
  }

  /** For merges, which note the history apart. */
  async setProperties(scope: Scope, id: string, properties: JsonObject): Promise<void> {
    const values = [...placeOf(scope), id, JSON.stringify(properties), scope.now()];
    await (await scope.tx()).execute(setProperties, values);
  }

  /** Returns whether the history of the home is to be trimmed. */
  async tell(scope: Scope, id: string, told: Told, telling: Telling): Promise<boolean> {
    const { properties, traits, homeId } = told;
    const importId = telling.cause === changeCause.import ? telling.importId : null;
    const texts = [JSON.stringify(properties), scope.now(), homeId, JSON.stringify(traits)];
    const values = [...placeOf(scope), id, ...texts, telling.cause, importId];
    const row = await (await scope.tx()).queryOne<{ isCrowded: boolean }>(tell, values);
    return row?.isCrowded ?? false;
  }

  /** How many ids lead to the profiles; counting stops at `most`. */
  async countIds(scope: Scope, profileIds: readonly string[], most: number): Promise<number> {
    const row = await (
      await scope.tx()
    ).queryOne<{ count: number }>(countIds, [scope.orgId, profileIds, most]);
    return row?.count ?? 0;
  }

  async link(
    scope: Scope,
    alias: string,
    profileId: string,
    { namesProfile = false, isByAlias = false, homeId = profileId }: Partial<Omit<Led, keyof Profile>>,
  ): Promise<void> {
    const values = [...placeOf(scope), alias, profileId, namesProfile, isByAlias, homeId];
    await (await scope.tx()).execute(link, values);
  }
}

export function placeOf({ orgId, project }: Scope): [orgId: string, project: number] {
  return [orgId, project.number];
}
