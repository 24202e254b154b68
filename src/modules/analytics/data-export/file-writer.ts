import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable, Transform } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { ObjectStore } from '../../../platform/object-store/index.js';
import type { DataExport, WrittenFile } from './data-export.js';
import { type Content, keyOf, kindOf } from './file-names.js';
import type { ExportedRecord } from './record.js';

type Records = AsyncIterable<readonly ExportedRecord[]>;

/** In memory at once, and what blocks the event loop at once when it is written. */
const ROWS_OF_GROUP = 5_000;

type Column = {
  readonly name: string;
  readonly type: 'STRING' | 'TIMESTAMP' | 'BOOLEAN' | 'INT32' | 'JSON';
  readonly nullable: false;
};
const column = (name: string, type: Column['type'] = 'STRING'): Column => ({ name, type, nullable: false });

/** Names as in the analytics store. */
const parquetColumns: Readonly<Record<Content, readonly Column[]>> = {
  events: [
    column('event_id'),
    column('kind'),
    column('occur_time', 'TIMESTAMP'),
    column('received_at', 'TIMESTAMP'),
    column('distinct_id'),
    column('session_id'),
    column('cookieless', 'BOOLEAN'),
    column('bot', 'BOOLEAN'),
    column('properties', 'JSON'),
    column('types', 'JSON'),
  ],
  profiles: [
    column('profile_id'),
    column('external_id'),
    column('traits', 'JSON'),
    column('created_at', 'TIMESTAMP'),
    column('updated_at', 'TIMESTAMP'),
  ],
  aliases: [column('distinct_id'), column('external_id'), column('profile_id'), column('certain', 'BOOLEAN')],
  'property-changes': [
    column('profile_id'),
    column('told_of'),
    column('property'),
    // JSON as text; empty: none.
    column('value'),
    column('omitted_bytes', 'INT32'),
    column('changed_at', 'TIMESTAMP'),
    column('cause'),
    column('cause_id'),
  ],
};

/** Writes records to files of the object store, in bounded memory. */
@Injectable()
export class FileWriter {
  constructor(private readonly objects: ObjectStore) {}

  /** A JSON object in each line; compressed if the name says so. */
  async ndjson(orgId: string, made: DataExport, name: string, records: Records): Promise<WrittenFile> {
    let rows = 0;
    let bytes = 0;
    const lines = async function* (): AsyncGenerator<Buffer> {
      for await (const some of records) {
        rows += some.length;
        if (some.length > 0) yield Buffer.from(some.map((record) => `${JSON.stringify(record)}\n`).join(''));
      }
    };
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done): void {
        bytes += chunk.length;
        done(null, chunk);
      },
    });
    const source = Readable.from(lines());
    const streams = name.endsWith('.gz') ? [source, createGzip(), counter] : [source, counter];
    // An error reaches the counter, and with it the store.
    pipeline(streams, () => undefined);
    try {
      await this.objects.put(keyOf(orgId, made, name), counter, kindOf(name));
    } finally {
      counter.destroy();
    }
    return { name, rows, bytes };
  }

  /** By a file of this machine: the end of a Parquet file is written last, and its beginning is not known before. */
  async parquet(
    orgId: string,
    made: DataExport,
    { name, content }: { readonly name: string; readonly content: Content },
    records: Records,
  ): Promise<WrittenFile> {
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-export-'));
    let rows = 0;
    const single = async function* (): AsyncGenerator<Record<string, unknown>> {
      for await (const some of records)
        for (const record of some) {
          rows += 1;
          yield columnsOf(record);
        }
    };
    try {
      // Only exports to Parquet need the package: it is no part of the bundle, and of no start.
      const { fileWriter, parquetWriteRows } = await import('hyparquet-writer');
      const path = join(folder, 'rows');
      await parquetWriteRows({
        writer: fileWriter(path),
        rows: single(),
        columns: [...parquetColumns[content]],
        rowGroupSize: ROWS_OF_GROUP,
        createdBy: 'dovecote',
      });
      await this.objects.put(keyOf(orgId, made, name), createReadStream(path), kindOf(name));
      return { name, rows, bytes: (await stat(path)).size };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function columnsOf(record: ExportedRecord): Record<string, unknown> {
  switch (record.type) {
    case 'event':
      return {
        event_id: record.id,
        kind: record.kind,
        occur_time: new Date(record.time),
        received_at: new Date(record.receivedAt),
        distinct_id: record.distinctId,
        session_id: record.sessionId,
        cookieless: record.cookieless,
        bot: record.bot,
        properties: record.properties,
        types: record.types,
      };
    case 'profile':
      return {
        profile_id: record.id,
        external_id: record.externalId,
        traits: record.traits,
        created_at: new Date(record.createdAt),
        updated_at: new Date(record.updatedAt),
      };
    case 'alias':
      return {
        distinct_id: record.distinctId,
        external_id: record.externalId,
        profile_id: record.profileId,
        certain: record.certain,
      };
    case 'propertyChange':
      return {
        profile_id: record.profileId,
        told_of: record.toldOf,
        property: record.property,
        value: record.value === undefined ? '' : JSON.stringify(record.value),
        omitted_bytes: record.omittedBytes,
        changed_at: new Date(record.time),
        cause: record.cause,
        cause_id: record.causeId,
      };
  }
}
