import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nextVersion, placeOf } from './profile.store.js';

/** A profile as it is read. */
export interface StoredProfile {
  readonly id: string;
  readonly externalId: string;
  readonly properties: JsonObject;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Where an id leads. */
export interface LedProfile extends StoredProfile {
  readonly isDeleted: boolean;
  /** Whether the id is a profile's own, or its external id; also of one that was merged. */
  readonly namesProfile: boolean;
}

const columns = `p.id, p.external_id as "externalId", p.properties, p.created_at as "createdAt", p.updated_at as "updatedAt"`;

const findLed = readStatement(
  'profile.find_led',
  `select ${columns}, p.deleted_at is not null as "isDeleted", a.names_profile as "namesProfile"
     from profile_alias a join profile p on p.org_id = a.org_id and p.project = a.project and p.id = a.profile_id
    where a.org_id = $1 and a.project = $2 and a.alias = $3`,
);

const records = readStatement(
  'profile.records',
  `select ${columns} from profile p
    where p.org_id = $1 and p.project = $2 and p.id = any ($3::uuid[]) and p.merged_into is null and p.deleted_at is null`,
);

const hide = statement(
  'profile.hide',
  `update profile set deleted_at = $4, version = ${nextVersion('version')}, is_mirrored = false
    where org_id = $1 and project = $2 and id = $3 and merged_into is null and deleted_at is null`,
);

const insertHidden = statement(
  'profile.insert_hidden',
  `insert into profile
     (org_id, project, id, external_id, properties, created_at, updated_at, deleted_at, version, is_mirrored)
   values ($1, $2, $3, '', '{}', $4, $4, $4, ${nextVersion('0')}, false)`,
);

/** Reads profiles, and hides them from reads. */
@Injectable()
export class StoredProfileStore {
  /** Also of a profile that is deleted. */
  async findLed(scope: Scope, id: string): Promise<LedProfile | undefined> {
    return (await scope.tx()).queryOne<LedProfile>(findLed, [...placeOf(scope), id.toWellFormed()]);
  }

  /** Those of the profiles that are neither merged nor deleted. */
  async records(scope: Scope, ids: readonly string[]): Promise<StoredProfile[]> {
    return (await scope.tx()).query<StoredProfile>(records, [...placeOf(scope), ids]);
  }

  /** Returns false when the profile was merged or deleted before. */
  async hide(scope: Scope, id: string): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(hide, [...placeOf(scope), id, scope.now()]);
    return rowCount === 1;
  }

  /** A profile that is deleted from the beginning. */
  async insertHidden(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(insertHidden, [...placeOf(scope), id, scope.now()]);
  }
}
