import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Envelope, openToken, sealToken, UnsealError } from '@dovecote/secret';
import { z } from 'zod';
import type { Clock } from '../clock/clock.js';
import { type Download, isKey, LINK_MS, ObjectStore, requireKey } from './object-store.js';

const ticket = z.object({
  key: z.string(),
  filename: z.string(),
  contentType: z.string(),
  until: z.number(),
});
const binding = ['object'];

/** An object for the holder of its link. */
export interface OpenObject extends Download {
  file: FileHandle;
  size: number;
}

/** Objects as files of one folder, behind links that this server answers. */
export class FileObjects extends ObjectStore {
  constructor(
    private readonly options: { folder: string; publicUrl: string },
    private readonly envelope: Envelope,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** Under another name until it is whole and on the disk: a crash leaves no half of an object. */
  override async put(key: string, source: Readable): Promise<void> {
    const path = this.pathOf(key);
    const partial = `${path}.${randomUUID()}.part`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await pipeline(source, createWriteStream(partial, { mode: 0o600, flush: true }));
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  override async read(key: string): Promise<Readable> {
    return (await open(this.pathOf(key))).createReadStream();
  }

  override link(key: string, download: Download): Promise<string> {
    const until = this.clock.now().getTime() + LINK_MS;
    const token = sealToken(this.envelope, { key: requireKey(key), ...download, until }, binding);
    return Promise.resolve(`${this.options.publicUrl}/objects/${token}`);
  }

  override async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  override async removeAll(folder: string): Promise<void> {
    await rm(dirname(this.pathOf(`${folder}/any`)), { recursive: true, force: true });
  }

  override keys(): AsyncGenerator<string> {
    return keysIn(this.options.folder, '');
  }

  /**
   * Undefined when the token is invalid or expired, or the object is deleted; the cases are not
   * distinguished.
   */
  async follow(token: string): Promise<OpenObject | undefined> {
    const found = this.openTicket(token);
    if (!found || found.until <= this.clock.now().getTime()) return undefined;
    const { key, filename, contentType } = found;
    const file = await open(this.pathOf(key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return file && { file, filename, contentType, size: (await file.stat()).size };
  }

  private openTicket(token: string): z.infer<typeof ticket> | undefined {
    try {
      return ticket.parse(openToken(this.envelope, token, binding));
    } catch (error) {
      if (error instanceof UnsealError || error instanceof z.ZodError) return undefined;
      throw error;
    }
  }

  private pathOf(key: string): string {
    return join(this.options.folder, ...requireKey(key).split('/'));
  }
}

/** A folder that is removed during the walk has no files. */
async function* keysIn(folder: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    const key = `${prefix}${entry.name}`;
    if (entry.isDirectory()) yield* keysIn(join(folder, entry.name), `${key}/`);
    // What a crash has left under another name is no object.
    else if (isKey(key)) yield key;
  }
}
