import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { DataSubject, DataSubjectContribution } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nextVersion, placeOf } from './profile.store.js';

/** All that leads to a person. */
export interface PersonIds {
  readonly profileIds: readonly string[];
  /** Empty when the application gave none. */
  readonly externalId: string;
  readonly ids: readonly { readonly id: string; readonly namesProfile: boolean }[];
}

// A deleted profile belongs to the person, too, and so does every other one of an external id: an application gives an id to
// one person.
const find = readStatement(
  'profile.ids_of_person',
  `with recursive person (id) as (
     (select coalesce(merged_into, id) from profile
       where org_id = $1 and project = $2 and external_id = $3 and external_id <> ''
      union
      select profile_id from profile_alias where org_id = $1 and project = $2 and alias = $3)
     union
     select coalesce(same.merged_into, same.id)
       from person join profile mine on mine.org_id = $1 and (mine.id = person.id or mine.merged_into = person.id)
       join profile same on same.org_id = $1 and same.project = $2 and same.external_id = mine.external_id
      where mine.external_id <> ''
   ), everyone as (
     select p.id, p.external_id, p.merged_into is not null as is_merged, p.created_at from profile p
      where p.org_id = $1 and p.project = $2
        and (p.id in (select id from person) or p.merged_into in (select id from person))
   )
   select array(select id::text from everyone order by is_merged, created_at desc, id) as "profileIds",
          coalesce((select external_id from everyone where external_id <> '' order by is_merged, created_at desc limit 1), '') as "externalId",
          coalesce((select jsonb_agg(jsonb_build_object('id', i.id, 'namesProfile', i.names_profile)) from (
            select alias as id, names_profile from profile_alias
             where org_id = $1 and project = $2 and profile_id in (select id from everyone)
            union
            select external_id, true from everyone where external_id <> '') i), '[]') as ids`,
);

const hide = statement(
  'profile.hide_subject',
  `update profile set deleted_at = coalesce(deleted_at, $4), version = ${nextVersion('version')}, is_mirrored = false
    where org_id = $1 and project = $2 and id = any ($3::uuid[])`,
);

// Sent again, so that it can be told when the mirror has no earlier version in hand.
const hideAliases = statement(
  'profile_alias.hide_subject',
  `update profile_alias set version = ${nextVersion('version')}, is_mirrored = false
    where org_id = $1 and project = $2 and profile_id = any ($3::uuid[])`,
);

const hasUnsent = readStatement(
  'profile.has_unsent',
  `select exists (select from profile where org_id = $1 and not is_mirrored and id = any ($2::uuid[]))
       or exists (select from profile_alias where org_id = $1 and not is_mirrored and profile_id = any ($2::uuid[])) as "isUnsent"`,
);

// Their aliases go with them.
const erase = statement(
  'profile.erase_subject',
  `delete from profile where org_id = $1 and project = $2 and id = any ($3::uuid[])`,
);

// The analytics store has forgotten where these ids lead, also those that a later profile has by now.
const sendAgain = statement(
  'profile_alias.send_again',
  `update profile_alias set version = ${nextVersion('version')}, is_mirrored = false
    where org_id = $1 and project = $2 and alias = any ($3)`,
);

/** What the people of projects are known by. */
@Injectable()
export class PersonIdStore implements DataSubjectContribution {
  /** All ids of the person to whom the id leads or led, also those of merged and deleted profiles. */
  async find(scope: Scope, id: string): Promise<PersonIds | undefined> {
    const found = await (
      await scope.tx()
    ).queryOne<PersonIds & Record<string, unknown>>(find, [...placeOf(scope), id]);
    return found && found.profileIds.length > 0 ? found : undefined;
  }

  async hide(scope: Scope, { project, profileIds }: DataSubject): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(hide, [scope.orgId, project, profileIds, scope.now()]);
    await tx.execute(hideAliases, [scope.orgId, project, profileIds]);
  }

  /** Whether the mirror has something of the profiles to send. */
  async hasUnsent(scope: Scope, profileIds: readonly string[]): Promise<boolean> {
    const row = await (
      await scope.tx()
    ).queryOne<{ isUnsent: boolean }>(hasUnsent, [scope.orgId, profileIds]);
    return row?.isUnsent ?? false;
  }

  async erase(scope: Scope, { project, profileIds, distinctIds, returningIds }: DataSubject): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(erase, [scope.orgId, project, profileIds]);
    await tx.execute(sendAgain, [scope.orgId, project, [...distinctIds, ...returningIds]]);
  }
}
