/** As much of HTTP/2 (RFC 9113) as a client needs that sends the same call for ever. */
export const frameType = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8 };
export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4 };
export const FRAME_HEAD = 9;

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const LARGEST_WINDOW = 2 ** 31 - 1;
const FIRST_WINDOW = 65_535;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Opens a connection on which no window and no header table ever stands in the way. */
export function opening(): Buffer {
  const settings = Buffer.concat([
    setting(0x1, 0), // header table: none, so that header blocks need not be read to be skipped
    setting(0x2, 0), // push: off
    setting(0x4, LARGEST_WINDOW),
  ]);
  return Buffer.concat([
    PREFACE,
    frame(frameType.settings, 0, 0, settings),
    windowUpdate(LARGEST_WINDOW - FIRST_WINDOW),
  ]);
}

/** Gives the connection's window back. */
export function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(frameType.windowUpdate, 0, 0, payload);
}

/** HPACK (RFC 7541) without table or Huffman code: each field in full, as a first call has them. */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  const encoded = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.of(0),
    hpackString(name),
    hpackString(value),
  ]);
  return Buffer.concat(encoded);
}

function hpackString(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const rest = bytes.length - 127;
  if (rest >= 2 ** 14) throw new Error('A header this long is not needed here.');
  const length = rest < 128 ? [127, rest] : [127, (rest & 127) | 128, rest >> 7];
  return Buffer.concat([Buffer.from(length), bytes]);
}

function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}
