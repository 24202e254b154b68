/**
 * `dovecote.replay.v1.AddChunkRequest` and what is needed of its answer, in the wire format of Protocol Buffers. By hand:
 * the runtime of a code generator would be a third of the recorder.
 */
export interface AddChunk {
  sessionId: string;
  sequence: number;
  events: Uint8Array;
  campaignId: string;
  screen: string;
}

const SESSION_ID = 1;
const SEQUENCE = 2;
const EVENTS = 3;
const CAMPAIGN_ID = 4;
const SCREEN = 5;
const STOP = 4;
const VARINT = 0;
const I64 = 1;
const LENGTH_DELIMITED = 2;
const I32 = 5;

export function encodeAddChunk({ sessionId, sequence, events, campaignId, screen }: AddChunk): Uint8Array {
  const text = new TextEncoder();
  const parts = [
    ...delimited(SESSION_ID, text.encode(sessionId)),
    ...(sequence === 0 ? [] : [Uint8Array.from([...varint(SEQUENCE * 8 + VARINT), ...varint(sequence)])]),
    ...delimited(EVENTS, events),
    ...delimited(CAMPAIGN_ID, text.encode(campaignId)),
    ...delimited(SCREEN, text.encode(screen)),
  ];
  const message = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

/** Empty fields are not written. */
function delimited(field: number, content: Uint8Array): Uint8Array[] {
  if (content.length === 0) return [];
  return [Uint8Array.from([...varint(field * 8 + LENGTH_DELIMITED), ...varint(content.length)]), content];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** Whether the answer says that nothing more is kept. An answer that cannot be read says no. */
export function saysStop(message: Uint8Array): boolean {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 0x80) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = read();
    const kind = tag % 8;
    if (kind === VARINT) {
      const value = read();
      if (Math.floor(tag / 8) === STOP) return value !== 0;
    } else if (kind === LENGTH_DELIMITED) {
      const length = read();
      at += length;
    } else if (kind === I64) at += 8;
    else if (kind === I32) at += 4;
    else return false;
  }
  return false;
}
