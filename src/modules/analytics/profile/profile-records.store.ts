import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** A person with traits, as files of an export hold them. Times are ISO 8601. */
export interface ProfileRecord {
  readonly type: 'profile';
  readonly id: string;
  readonly externalId: string;
  readonly traits: JsonObject;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** An id that leads to a person, beside the external one. */
export interface AliasRecord {
  readonly type: 'alias';
  readonly distinctId: string;
  /** The one of the profile to which it leads. */
  readonly externalId: string;
  readonly profileId: string;
  /** Whether it was given as the same person for certain. */
  readonly certain: boolean;
}

interface RecordPage<Row> {
  readonly records: readonly Row[];
  /** Behind what the next page begins; undefined on the last. */
  readonly next?: string;
}

interface PageOf {
  readonly after?: string;
  readonly most: number;
}

const profileRecord = `'profile' as type, p.id, p.external_id as "externalId", p.properties as traits,
          p.created_at as "createdAt", p.updated_at as "updatedAt"`;
const isActive = 'p.merged_into is null and p.deleted_at is null';
const aliasRecord = `'alias' as type, a.alias as "distinctId", p.external_id as "externalId", p.id as "profileId",
          a.by_alias or a.names_profile as certain`;
const aliasOf = 'p.org_id = a.org_id and p.project = a.project and p.id = a.profile_id';

const profiles = statement(
  'profile.exported_records',
  `select ${profileRecord} from profile p
    where p.org_id = $1 and p.project = $2 and ($3::uuid is null or p.id > $3) and ${isActive} order by p.id limit $4`,
);
const aliases = statement(
  'profile_alias.records',
  `select ${aliasRecord} from profile_alias a join profile p on ${aliasOf}
    where a.org_id = $1 and a.project = $2 and ($3::text is null or a.alias > $3) and ${isActive}
    order by a.alias limit $4`,
);
const ofPerson = statement(
  'profile.record_of_person',
  `select ${profileRecord} from profile_alias a join profile p on ${aliasOf}
    where a.org_id = $1 and a.project = $2 and a.alias = $3 and ${isActive}`,
);
const aliasesOfPerson = statement(
  'profile_alias.records_of_person',
  `select ${aliasRecord} from profile_alias a join profile p on ${aliasOf}
    where a.org_id = $1 and a.project = $2 and a.profile_id = $3 and a.alias <> p.external_id order by a.alias`,
);

type StoredProfile = Omit<ProfileRecord, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date };

/** The persons of any project of the scope's organization, as files of an export hold them. */
@Injectable()
export class ProfileRecords {
  async profiles(scope: Scope, project: number, { after, most }: PageOf): Promise<RecordPage<ProfileRecord>> {
    const values = [scope.orgId, project, after ?? null, most];
    const rows = await (await scope.tx()).query<StoredProfile>(profiles, values);
    return { records: rows.map(dated), ...(rows.length === most && { next: rows.at(-1)?.id }) };
  }

  /** Also the ids by which profiles name themselves. */
  async aliases(scope: Scope, project: number, { after, most }: PageOf): Promise<RecordPage<AliasRecord>> {
    const values = [scope.orgId, project, after ?? null, most];
    const rows = await (await scope.tx()).query<AliasRecord>(aliases, values);
    const records = rows.filter(({ distinctId, externalId }) => distinctId !== externalId);
    return { records, ...(rows.length === most && { next: rows.at(-1)?.distinctId }) };
  }

  /** The person to whom the id leads, with every other id that does. */
  async ofPerson(
    scope: Scope,
    project: number,
    distinctId: string,
  ): Promise<{ readonly profile: ProfileRecord; readonly aliases: readonly AliasRecord[] } | undefined> {
    const tx = await scope.tx();
    const found = await tx.queryOne<StoredProfile>(ofPerson, [scope.orgId, project, distinctId]);
    if (!found) return undefined;
    const values = [scope.orgId, project, found.id];
    return { profile: dated(found), aliases: await tx.query<AliasRecord>(aliasesOfPerson, values) };
  }
}

function dated(row: StoredProfile): ProfileRecord {
  return { ...row, createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
}
