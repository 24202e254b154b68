import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import type { BackupTarget } from './backup-target.js';
import type { BackupFile } from './manifest.js';

/** Size of a file before compression: an INSERT of the analytics engine takes a file as a whole. */
const FILE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Writes lines into compressed files, each of which ends with a line. */
export class LinesWriter {
  private readonly finished: BackupFile[] = [];
  private open: OpenFile | undefined;

  /** Files are named `<name>-000001.zst` and so on. */
  constructor(
    private readonly target: BackupTarget,
    private readonly name: string,
    private readonly fileBytes = FILE_BYTES,
  ) {}

  /** Any piece of the text, wherever it is cut. */
  async write(piece: Buffer): Promise<void> {
    const current = (this.open ??= this.next());
    const cut = current.bytes + piece.length >= this.fileBytes ? piece.lastIndexOf(NEWLINE) + 1 : 0;
    if (cut === 0) return current.write(piece);
    await current.write(piece.subarray(0, cut));
    await this.endFile();
    if (cut < piece.length) await this.write(piece.subarray(cut));
  }

  /** What comes next is in another file. */
  async endFile(): Promise<void> {
    const { open } = this;
    this.open = undefined;
    if (open) this.finished.push(await open.end());
  }

  async end(): Promise<readonly BackupFile[]> {
    await this.endFile();
    return this.finished;
  }

  /** Lets go of a file that is not ended, after an error. */
  destroy(): void {
    this.open?.destroy();
  }

  private next(): OpenFile {
    const number = String(this.finished.length + 1).padStart(6, '0');
    return new OpenFile(this.target, `${this.name}-${number}.zst`);
  }
}

class OpenFile {
  bytes = 0;
  private rows = 0;
  private readonly text = new PassThrough({ highWaterMark: 1024 * 1024 });
  private readonly hash = createHash('sha256');
  private written = 0;
  private readonly stored: Promise<void>;

  constructor(
    target: BackupTarget,
    private readonly name: string,
  ) {
    const compressed = createZstdCompress();
    // Its errors reach the reader of what is compressed.
    pipeline(this.text, compressed, () => undefined);
    this.stored = target.put(name, Readable.from(this.hashed(compressed), { objectMode: false }));
    // Awaited by the next write, or by the end.
    this.stored.catch((error: Error) => this.text.destroy(error));
  }

  async write(piece: Buffer): Promise<void> {
    this.bytes += piece.length;
    this.rows += linesIn(piece);
    if (this.text.write(piece)) return;
    await Promise.race([once(this.text, 'drain'), this.stored]);
  }

  async end(): Promise<BackupFile> {
    this.text.end();
    await this.stored;
    return { name: this.name, rows: this.rows, bytes: this.written, sha256: this.hash.digest('hex') };
  }

  destroy(): void {
    this.text.destroy();
  }

  private async *hashed(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      this.hash.update(chunk);
      this.written += chunk.length;
      yield chunk;
    }
  }
}

export function linesIn(piece: Buffer): number {
  let lines = 0;
  for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
