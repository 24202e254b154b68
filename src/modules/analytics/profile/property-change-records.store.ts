import type { JsonValue } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { changeCause, type PropertyChange } from './property-change.js';

/** A change of a property, as files of an export hold it. */
export interface PropertyChangeRecord {
  readonly type: 'propertyChange';
  /** The profile that the person has now. */
  readonly profileId: string;
  /** The profile whose ids told the value: another one that became part of it. */
  readonly toldOf: string;
  readonly property: string;
  /** Missing: the property was removed, or the value is omitted. */
  readonly value?: JsonValue;
  /** The size of a value that is too large to be kept; otherwise 0. */
  readonly omittedBytes: number;
  /** ISO 8601. */
  readonly time: string;
  readonly cause: string;
  /** The import, or the merge; otherwise empty. */
  readonly causeId: string;
}

interface RecordPage {
  readonly records: readonly PropertyChangeRecord[];
  /** Behind what the next page begins; undefined on the last. */
  readonly next?: string;
}

interface PageOf {
  /** Empty: of the whole project. */
  readonly profileId?: string;
  readonly after?: string;
  readonly most: number;
}

const causeNames: Readonly<Record<number, string>> = {
  [changeCause.identify]: 'identify',
  [changeCause.import]: 'import',
  [changeCause.merge]: 'merge',
  [changeCause.undoMerge]: 'undo_merge',
};

// $3: now; $4, $5: the last of the page before; $6: how many. Not of deleted profiles, nor beyond the retention.
const page = (which: string): string => `
   select c.id::text, p.id as "profileId", c.profile_id as "toldOf", c.name, c.value is not null as "hasValue", c.value,
          c.omitted_bytes as "omittedBytes", c.cause, c.cause_id as "causeId", c.changed_at as "changedAt"
     from property_change c
     join profile teller on teller.org_id = c.org_id and teller.id = c.profile_id
     join profile p on p.org_id = c.org_id and p.id = coalesce(teller.merged_into, teller.id) and p.deleted_at is null
     join project on project.org_id = c.org_id and project.number = c.project
    where c.org_id = $1 and c.project = $2 and ${which}
      and (project.retention_days is null or c.changed_at >= $3::timestamptz - make_interval(days => project.retention_days))
      and ($4::timestamptz is null or (c.changed_at, c.id) > ($4::timestamptz, $5::bigint))
    order by c.changed_at, c.id limit $6`;

const ofProject = statement('property_change.records', page('true'));
const ofProfile = statement(
  'property_change.records_of_profile',
  page(
    `c.profile_id in (select id from profile where org_id = $1 and project = $2 and (id = $7 or merged_into = $7))`,
  ),
);

type Row = Omit<PropertyChange, 'value'> & {
  readonly toldOf: string;
  readonly hasValue: boolean;
  readonly value: JsonValue;
};

/** The history of properties in any project of the scope's organization, as files of an export hold it, the oldest first. */
@Injectable()
export class PropertyChangeRecords {
  async page(scope: Scope, project: number, { profileId, after, most }: PageOf): Promise<RecordPage> {
    const [time, id] = after?.split('/') ?? [null, null];
    const values = [scope.orgId, project, scope.now(), time, id, most];
    const tx = await scope.tx();
    const rows = await (profileId === undefined
      ? tx.query<Row & Record<string, unknown>>(ofProject, values)
      : tx.query<Row & Record<string, unknown>>(ofProfile, [...values, profileId]));
    const last = rows.length === most ? rows.at(-1) : undefined;
    return {
      records: rows.map(toRecord),
      ...(last && { next: `${last.changedAt.toISOString()}/${last.id}` }),
    };
  }
}

function toRecord(row: Row): PropertyChangeRecord {
  return {
    type: 'propertyChange',
    profileId: row.profileId,
    toldOf: row.toldOf,
    property: row.name,
    ...(row.hasValue && { value: row.value }),
    omittedBytes: row.omittedBytes ?? 0,
    time: row.changedAt.toISOString(),
    cause: causeNames[row.cause] ?? '',
    causeId: row.causeId ?? '',
  };
}
