/** Numbers of dovecote.transfer.v1.ExportState. */
export const exportState = { pending: 1, running: 2, completed: 3, failed: 4, cancelled: 5 } as const;
type ExportState = (typeof exportState)[keyof typeof exportState];

/** Numbers of dovecote.transfer.v1.ExportFormat. */
export const exportFormat = { ndjson: 1, parquet: 2 } as const;
type ExportFormat = (typeof exportFormat)[keyof typeof exportFormat];

/** Numbers of dovecote.transfer.v1.ExportSubject. */
export const exportSubject = { project: 1, person: 2 } as const;
type ExportSubject = (typeof exportSubject)[keyof typeof exportSubject];

/** A file in the object store. */
export interface WrittenFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What was asked for, and how far it is. */
export interface DataExport {
  readonly id: string;
  /** The project's number in the analytics store. */
  readonly project: number;
  readonly subject: ExportSubject;
  readonly format: ExportFormat;
  readonly state: ExportState;
  /** The person; null in an export of a project, and once there are no files. */
  readonly distinctId: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly attempts: number;
  readonly eventsTotal: number;
  readonly eventsWritten: number;
  readonly files: readonly WrittenFile[];
  readonly error: string;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly expiresAt: Date | null;
}
