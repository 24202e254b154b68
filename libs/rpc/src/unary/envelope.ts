export const ENVELOPE_HEAD = 5;
export const COMPRESSED = 0b1;

/** A message as it is on the wire. */
export interface WireMessage {
  readonly data: Uint8Array;
  readonly compressed: boolean;
}

/** Writes head and data; returns the offset behind them. */
export function writeEnvelope(target: Buffer, offset: number, flags: number, data: Uint8Array): number {
  target[offset] = flags;
  target.writeUInt32BE(data.length, offset + 1);
  target.set(data, offset + ENVELOPE_HEAD);
  return offset + ENVELOPE_HEAD + data.length;
}

export function envelope(flags: number, data: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(ENVELOPE_HEAD + data.length);
  writeEnvelope(result, 0, flags, data);
  return result;
}

/** What is in a body that is exactly one message in an envelope; undefined for any other body. */
export function openEnvelope(body: Uint8Array): WireMessage | undefined {
  if (body.length < ENVELOPE_HEAD) return undefined;
  const [flags, a, b, c, d] = body as Uint8Array & [number, number, number, number, number];
  // Multiplied, not shifted: the topmost bit is no sign.
  const length = a * 0x1000000 + ((b << 16) | (c << 8) | d);
  if (flags > COMPRESSED || length !== body.length - ENVELOPE_HEAD) return undefined;
  return { data: body.subarray(ENVELOPE_HEAD), compressed: flags === COMPRESSED };
}
