import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback, gzip as gzipCallback } from 'node:zlib';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { chunkBytes } from './recording.rules.js';

const gzip = promisify(gzipCallback);
const gunzip = promisify(gunzipCallback);

// nonce (12) | ciphertext | tag (16)
const KEY = 32;
const NONCE = 12;
const TAG = 16;

/** Names an object, and the chunk that it belongs to. */
export interface ObjectPlace {
  readonly orgId: string;
  readonly recordingId: string;
  readonly sequence: number;
  readonly objectId: string;
}

/**
 * What recordings show, in the object store: compressed, and encrypted with the key of the recording. Without the row that has
 * the key it cannot be read.
 */
@Injectable()
export class RecordingContent {
  constructor(
    private readonly objects: ObjectStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  newSealedKey(orgId: string, recordingId: string): Buffer {
    return this.envelope.seal(randomBytes(KEY), sealContext(orgId, recordingId));
  }

  openKey(sealedKey: Buffer, orgId: string, recordingId: string): Buffer {
    return this.envelope.open(sealedKey, sealContext(orgId, recordingId));
  }

  /** Returns how many bytes the object has. */
  async put(key: Buffer, place: ObjectPlace, json: string): Promise<number> {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bindingOf(place));
    const ciphertext = cipher.update(await gzip(json));
    const sealed = Buffer.concat([nonce, ciphertext, cipher.final(), cipher.getAuthTag()]);
    await this.objects.put(keyOf(place), Readable.from([sealed]), 'application/octet-stream');
    return sealed.length;
  }

  /** The JSON as it was put. */
  async read(key: Buffer, place: ObjectPlace): Promise<string> {
    const sealed = await buffer(await this.objects.read(keyOf(place)));
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
      .setAAD(bindingOf(place))
      .setAuthTag(sealed.subarray(-TAG));
    const compressed = Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
    return (await gunzip(compressed, { maxOutputLength: chunkBytes.stored })).toString();
  }

  async remove(place: ObjectPlace): Promise<void> {
    await this.objects.remove(keyOf(place));
  }

  /** All objects of a recording, also those that no row names. */
  async removeAll(orgId: string, recordingId: string): Promise<void> {
    await this.objects.removeAll(folderOf(orgId, recordingId));
  }
}

/** By which a chunk is known when it is sent again. */
export function hashOf(key: Buffer, json: Uint8Array): Buffer {
  return createHmac('sha256', key).update('chunk\0').update(json).digest();
}

const sealContext = sealedColumn(
  { table: 'recording', column: 'sealed_key', places: ['org_id', 'id'] },
  (orgId, id) => `recording/${orgId}/${id}`,
);

/** An object that is moved to another place does not open. */
function bindingOf({ orgId, recordingId, sequence, objectId }: ObjectPlace): Buffer {
  return Buffer.from(`recording/${orgId}/${recordingId}/${sequence}/${objectId}`);
}

function folderOf(orgId: string, recordingId: string): string {
  return `${orgId}/recordings/${recordingId}`;
}

function keyOf({ orgId, recordingId, objectId }: ObjectPlace): string {
  return `${folderOf(orgId, recordingId)}/${objectId}`;
}
