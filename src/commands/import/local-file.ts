import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import { CommandError } from '../errors.js';

const BEGINNING = 64 * 1024;

/** The file to import, on this machine. */
export class LocalFile {
  private constructor(
    private readonly handle: FileHandle,
    readonly path: string,
    readonly size: number,
    /** Tells it from other files of its name, and from what it was before. */
    readonly digest: string,
  ) {}

  static async open(path: string): Promise<LocalFile> {
    const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(`${path} cannot be read: ${error.message}.`);
    });
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size === 0) {
      await handle.close();
      throw new CommandError(`${path} is ${stat.isFile() ? 'empty' : 'no file'}.`);
    }
    const hash = createHash('sha256');
    // Streams of files hand out buffers.
    for await (const chunk of handle.createReadStream({ start: 0, autoClose: false }))
      hash.update(chunk as Buffer);
    return new LocalFile(handle, path, stat.size, hash.digest('hex').slice(0, 12));
  }

  /** The first bytes, unpacked if gzip has compressed them. */
  async beginning(): Promise<Buffer> {
    const first = await this.read(0, BEGINNING);
    if (first.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004')
      throw new CommandError(`${this.path} is a ZIP: unpack it, and join its files with cat.`);
    if (first[0] !== 0x1f || first[1] !== 0x8b) return first;
    try {
      // The rest of the file is missing here.
      return gunzipSync(first, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      throw new CommandError(`${this.path} is damaged: gzip cannot unpack it.`);
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.min(length, this.size - offset));
    for (let read = 0; read < buffer.length;) {
      const { bytesRead } = await this.handle.read(buffer, read, buffer.length - read, offset + read);
      if (bytesRead === 0) throw new CommandError(`${this.path} has become shorter.`);
      read += bytesRead;
    }
    return buffer;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
