import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type CreateImportRequest,
  type ImportCheckSchema,
  type ImportOptions as WireOptions,
  type ImportSchema,
} from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import type { CheckResult, DataImport, ImportOptions, ImportSource } from './data-import.js';
import type { NewImport } from './data-imports.service.js';

export function toNewImport({ name, fileBytes, options }: CreateImportRequest): NewImport {
  // Validation has required the options.
  return { name, fileBytes: Number(fileBytes), options: toOptions(options!) };
}

export function toOptions({ source, zone, dateOrder, csv }: WireOptions): ImportOptions {
  return {
    // Validation lets defined sources pass only.
    source: source as number as ImportSource,
    zone: zone || 'UTC',
    dateOrder,
    ...(csv && {
      csv: {
        eventColumn: csv.eventColumn,
        eventName: csv.eventName,
        timeColumn: csv.timeColumn,
        distinctIdColumn: csv.distinctIdColumn,
        sessionIdColumn: csv.sessionIdColumn,
        eventIdColumn: csv.eventIdColumn,
        properties: csv.properties.map(({ column, property, type }) => ({ column, property, type })),
        delimiter: csv.delimiter,
        profiles: csv.profiles,
      },
    }),
  };
}

export function toImport(found: DataImport, reportUrl = ''): MessageInitShape<typeof ImportSchema> {
  return {
    id: found.id,
    name: found.name,
    state: found.state,
    fileBytes: BigInt(found.fileBytes),
    uploadedBytes: BigInt(found.uploadedBytes),
    options: {
      ...found.options,
      csv: found.options.csv && { ...found.options.csv, properties: [...found.options.csv.properties] },
    },
    check: found.result ? toCheck(found.result) : undefined,
    strict: found.strict,
    linesRead: BigInt(found.linesRead),
    eventsStored: BigInt(found.eventsStored),
    eventsPresent: BigInt(found.eventsPresent),
    eventsErased: BigInt(found.eventsErased),
    linesRefused: BigInt(found.linesRefused),
    profilesKnown: BigInt(found.profilesKnown),
    reportUrl,
    error: found.error,
    createdAt: timestampFromDate(found.createdAt),
    startedAt: toTime(found.startedAt),
    endedAt: toTime(found.endedAt),
  };
}

function toCheck(result: CheckResult): MessageInitShape<typeof ImportCheckSchema> {
  return {
    lines: BigInt(result.lines),
    events: BigInt(result.events),
    profiles: BigInt(result.profiles),
    aliases: BigInt(result.aliases),
    skipped: BigInt(result.skipped),
    refused: BigInt(result.refused),
    warnings: BigInt(result.warnings),
    firstTime: result.firstTime === null ? undefined : timestampFromMs(result.firstTime),
    lastTime: result.lastTime === null ? undefined : timestampFromMs(result.lastTime),
    months: result.months,
    problems: result.problems.map(({ line, ...problem }) => ({ ...problem, line: BigInt(line) })),
    samples: result.samples.map(({ line, occurTime, ...sample }) => ({
      ...sample,
      line: BigInt(line),
      occurTime: timestampFromMs(occurTime),
    })),
    kinds: result.kinds.map(([kind, events]) => ({ kind, events: BigInt(events) })),
  };
}

function toTime(date: Date | null): Timestamp | undefined {
  return date ? timestampFromDate(date) : undefined;
}
