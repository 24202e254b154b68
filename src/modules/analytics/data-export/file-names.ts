import { exportFormat, exportSubject, type DataExport } from './data-export.js';

/** What a file of a project's export holds. */
export type Content = 'events' | 'profiles' | 'aliases' | 'property-changes';

/** The only file of a person's export: it is opened by people, and not compressed. */
export const personFile = 'person.ndjson';

export function fileName(content: Content, { format }: Pick<DataExport, 'format'>): string {
  return `${content}.${format === exportFormat.parquet ? 'parquet' : 'ndjson.gz'}`;
}

export function contentsOf({ subject }: Pick<DataExport, 'subject'>): readonly Content[] {
  return subject === exportSubject.project ? ['events', 'profiles', 'aliases', 'property-changes'] : [];
}

/** The media type of a file by its name. */
export function kindOf(name: string): string {
  if (name.endsWith('.parquet')) return 'application/vnd.apache.parquet';
  return name.endsWith('.gz') ? 'application/gzip' : 'application/x-ndjson';
}

/** Where the files of all attempts to make an export are in the object store. */
export function folderOf(orgId: string, id: string): string {
  return `${orgId}/data-exports/${id}`;
}

/** Where those of one attempt are. One that was taken for dead neither overwrites nor deletes the files of its successor. */
export function attemptFolderOf(
  orgId: string,
  { id, attempts }: Pick<DataExport, 'id' | 'attempts'>,
): string {
  return `${folderOf(orgId, id)}/${attempts}`;
}

export function keyOf(orgId: string, made: Pick<DataExport, 'id' | 'attempts'>, name: string): string {
  // Keys have one dot in each part.
  return `${attemptFolderOf(orgId, made)}/${name.replace('.ndjson.gz', '-ndjson.gz')}`;
}
