import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type CreateProjectExportRequest,
  ExportFormat,
  type ExportSchema,
} from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { type DataExport, exportFormat, exportSubject, type WrittenFile } from './data-export.js';
import type { NewExport } from './data-exports.service.js';

type Shown = Omit<DataExport, 'files'> & {
  readonly files: readonly (WrittenFile & { readonly url?: string })[];
};

export function toExport(made: Shown): MessageInitShape<typeof ExportSchema> {
  return {
    id: made.id,
    subject: made.subject,
    format: made.format,
    state: made.state,
    startTime: toTime(made.from),
    endTime: toTime(made.to),
    eventsTotal: BigInt(made.eventsTotal),
    eventsWritten: BigInt(made.eventsWritten),
    files: made.files.map(({ name, rows, bytes, url = '' }) => ({
      name,
      rows: BigInt(rows),
      bytes: BigInt(bytes),
      url,
    })),
    error: made.error,
    createdAt: timestampFromDate(made.createdAt),
    completedAt: toTime(made.completedAt),
    expiresAt: toTime(made.expiresAt),
  };
}

export function toNewExport({ format, startTime, endTime }: CreateProjectExportRequest): NewExport {
  return {
    subject: exportSubject.project,
    format: format === ExportFormat.PARQUET ? exportFormat.parquet : exportFormat.ndjson,
    distinctId: null,
    from: toDate(startTime),
    to: toDate(endTime),
  };
}

function toTime(date: Date | null): Timestamp | undefined {
  return date ? timestampFromDate(date) : undefined;
}

function toDate(time: Timestamp | undefined): Date | null {
  return time ? timestampDate(time) : null;
}
