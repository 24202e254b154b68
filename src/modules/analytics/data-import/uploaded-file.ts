import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { FileError } from './file-error.js';

/** A piece of a file in the object store. */
export interface Piece {
  readonly offset: number;
  readonly bytes: number;
  /** Tells pieces apart that two calls sent for one place. */
  readonly digest: string;
}

/** A file that grows beyond both when it is unpacked is a bomb: text of events does not. */
const MOST_GROWTH = 200;
const ALWAYS_ALLOWED = 64 * 1024 * 1024;
const MOST_UNPACKED = 200 * 1024 ** 3;

/** Files of imports, piece by piece in the object store. */
@Injectable()
export class UploadedFiles {
  constructor(private readonly objects: ObjectStore) {}

  async add(orgId: string, id: string, piece: Piece, data: Uint8Array): Promise<void> {
    await this.objects.put(
      keyOf(orgId, id, piece),
      Readable.from([Buffer.from(data)]),
      'application/octet-stream',
    );
  }

  async removePiece(orgId: string, id: string, piece: Piece): Promise<void> {
    await this.objects.remove(keyOf(orgId, id, piece));
  }

  /** All pieces; the report stays. */
  async removePieces(orgId: string, id: string): Promise<void> {
    await this.objects.removeAll(`${folderOf(orgId, id)}/pieces`);
  }

  async removeAll(orgId: string, id: string): Promise<void> {
    await this.removePieces(orgId, id);
    await this.objects.remove(reportKey(orgId, id));
  }

  /** The bytes of the file; those of a file that gzip has compressed are unpacked. */
  async *read(orgId: string, id: string, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
    const raw = Readable.from(this.raw(orgId, id, pieces));
    const first = await firstBytes(raw);
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    if (first[0] !== 0x1f || first[1] !== 0x8b) {
      yield* joined(first, raw);
      return;
    }
    const source = Readable.from(joined(first, raw));
    const unpacked = createGunzip();
    const through = new PassThrough();
    let failure: unknown;
    pipeline(source, unpacked, through, (error) => {
      failure = error;
    });
    let total = 0;
    try {
      for await (const chunk of through) {
        // Streams of bytes hand out buffers.
        const piece = chunk as Buffer;
        total += piece.length;
        if (total > MOST_UNPACKED || (total > ALWAYS_ALLOWED && total > bytes * MOST_GROWTH))
          throw new FileError('The file grows too much when it is unpacked.');
        yield piece;
      }
    } catch (error) {
      if (error instanceof FileError) throw error;
      throw isOfZlib(failure ?? error) ? new FileError('The file is damaged: gzip cannot unpack it.') : error;
    } finally {
      source.destroy();
      through.destroy();
    }
  }

  /** Runs the work with a copy of the file on this machine: Parquet is read from its end. */
  async withCopy<T>(
    orgId: string,
    id: string,
    pieces: readonly Piece[],
    work: (path: string) => AsyncGenerator<T>,
  ): Promise<AsyncGenerator<T>> {
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-import-'));
    const path = join(folder, 'file');
    const raw = this.raw(orgId, id, pieces);
    return (async function* () {
      try {
        await piped(Readable.from(raw), createWriteStream(path, { mode: 0o600 }));
        yield* work(path);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    })();
  }

  async writeReport(orgId: string, id: string, lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => Buffer.from(`${line}\n`));
    await this.objects.put(reportKey(orgId, id), Readable.from(text), 'application/x-ndjson');
  }

  reportLink(orgId: string, id: string): Promise<string> {
    return this.objects.link(reportKey(orgId, id), {
      filename: `import-${id}-problems.ndjson`,
      contentType: 'application/x-ndjson',
    });
  }

  private async *raw(orgId: string, id: string, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
    for (const piece of pieces)
      for await (const chunk of await this.objects.read(keyOf(orgId, id, piece))) yield chunk as Buffer;
  }
}

async function firstBytes(stream: Readable): Promise<Buffer> {
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) return chunk as Buffer;
  return Buffer.alloc(0);
}

async function* joined(first: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for await (const chunk of rest) yield chunk as Buffer;
}

function isOfZlib(error: unknown): boolean {
  return /^Z_/.test(String((error as { code?: unknown } | undefined)?.code));
}

function folderOf(orgId: string, id: string): string {
  return `${orgId}/data-imports/${id}`;
}

function keyOf(orgId: string, id: string, { offset, digest }: Piece): string {
  return `${folderOf(orgId, id)}/pieces/${String(offset).padStart(14, '0')}-${digest}`;
}

function reportKey(orgId: string, id: string): string {
  return `${folderOf(orgId, id)}/report.ndjson`;
}
