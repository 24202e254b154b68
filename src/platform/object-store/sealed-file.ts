import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

// "DVBUNDLE1" | nonce (12) | AES-256-GCM | tag (16); the first two are authenticated as well.
const MAGIC = Buffer.from('DVBUNDLE1');
const NONCE = 12;
const TAG = 16;

/** The file is not a sealed file, was sealed with another key, or was changed. */
export class SealedFileError extends Error {
  override readonly name = 'SealedFileError';
}

/** Encrypts under a key that is used for this one file. */
export async function* sealedWith(key: Buffer, source: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const header = Buffer.concat([MAGIC, randomBytes(NONCE)]);
  const cipher = createCipheriv('aes-256-gcm', key, header.subarray(MAGIC.length)).setAAD(header);
  yield header;
  // Streams of bytes hand out buffers.
  for await (const chunk of source) yield cipher.update(chunk as Buffer);
  yield cipher.final();
  yield cipher.getAuthTag();
}

/** Decrypts a file into another one, which is there only if all of the first is as it was written. */
export async function openSealedFile(path: string, key: Buffer, target: string): Promise<void> {
  const { header, tag, size } = await endsOf(path);
  const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(MAGIC.length), { authTagLength: TAG })
    .setAAD(header)
    .setAuthTag(tag);
  const partial = `${target}.part`;
  try {
    const content = createReadStream(path, { start: header.length, end: Math.max(size - TAG - 1, 0) });
    await pipeline(content, decipher, createWriteStream(partial, { mode: 0o600 }));
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    if ((error as NodeJS.ErrnoException).code?.startsWith('E')) throw error;
    throw new SealedFileError('The key does not fit, or the file was changed.');
  }
}

async function endsOf(path: string): Promise<{ header: Buffer; tag: Buffer; size: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const header = Buffer.alloc(MAGIC.length + NONCE);
    const tag = Buffer.alloc(TAG);
    await file.read({ buffer: header, position: 0 });
    if (size <= header.length + TAG || !header.subarray(0, MAGIC.length).equals(MAGIC))
      throw new SealedFileError('This is not an encrypted export.');
    await file.read({ buffer: tag, position: size - TAG });
    return { header, tag, size };
  } finally {
    await file.close();
  }
}
