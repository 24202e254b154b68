import { crc32 } from 'node:zlib';

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  /** With its length and checksum. */
  readonly whole: Buffer;
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Bytes of a chunk beside its data: length, type, checksum. */
const FRAME_BYTES = 12;
const MOST_CHUNKS = 10_000;
/** Limits of a side, and of the whole: a small file can hold a picture that fills the memory of the client. */
const MOST_PIXELS = 8_192;
const MOST_AREA = 33_554_432;
/** Bits of a sample that each kind of picture may have. */
const depths: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
]);
const PALETTE = 3;

/** What a picture needs to be shown as it was made. All else, such as texts, times and places, is left out. */
const kept = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT', 'pHYs']);

/**
 * The picture without metadata, if the bytes are a PNG file (W3C PNG, third edition) and nothing but it: chunks in order, with
 * right checksums, and of a size that can be shown. Whether the compressed pixels can be read is left to the client.
 */
export function plainPng(file: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const chunks = chunksOf(bytes);
  if (!chunks) return undefined;
  const [header] = chunks;
  if (header?.type !== 'IHDR' || !isShowable(header.data) || !areInOrder(chunks, header.data[9] ?? 0))
    return undefined;
  const shown = chunks.filter(({ type }) => kept.has(type)).map(({ whole }) => whole);
  return Buffer.concat([SIGNATURE, ...shown]);
}

/** Undefined unless the file ends with the end of its last chunk. */
function chunksOf(bytes: Buffer): Chunk[] | undefined {
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return undefined;
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE.length; at < bytes.length;) {
    if (bytes.length - at < FRAME_BYTES || chunks.length >= MOST_CHUNKS) return undefined;
    const end = at + FRAME_BYTES + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    const named = bytes.subarray(at + 4, end - 4);
    const type = named.toString('latin1', 0, 4);
    if (!/^[A-Za-z]{4}$/.test(type) || crc32(named) !== bytes.readUInt32BE(end - 4)) return undefined;
    chunks.push({ type, data: named.subarray(4), whole: bytes.subarray(at, end) });
    at = end;
  }
  return chunks;
}

function isShowable(header: Buffer): boolean {
  if (header.length !== 13) return false;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = header.subarray(8);
  return (
    Math.min(width, height) > 0 &&
    Math.max(width, height) <= MOST_PIXELS &&
    width * height <= MOST_AREA &&
    (depths.get(colour)?.includes(depth) ?? false) &&
    compression === 0 &&
    filter === 0 &&
    interlace <= 1
  );
}

/** One header, one end, pixels in between without interruption, and a palette before them where it is needed. */
function areInOrder(chunks: readonly Chunk[], colour: number): boolean {
  const types = chunks.map(({ type }) => type);
  const count = (name: string): number => types.filter((type) => type === name).length;
  const [first, last] = [types.indexOf('IDAT'), types.lastIndexOf('IDAT')];
  const palette = types.indexOf('PLTE');
  // A chunk with a first letter in upper case must be understood: there are no others.
  const isKnown = types.every((type) => kept.has(type) || /^[a-z]/.test(type));
  return (
    isKnown &&
    count('IHDR') === 1 &&
    count('IEND') === 1 &&
    types.at(-1) === 'IEND' &&
    chunks.at(-1)?.data.length === 0 &&
    first > 0 &&
    last - first + 1 === count('IDAT') &&
    chunks.slice(first, last + 1).some(({ data }) => data.length > 0) &&
    (colour !== PALETTE || palette > 0) &&
    count('PLTE') <= 1 &&
    palette < first
  );
}
