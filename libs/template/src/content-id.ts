import { createHash } from 'node:crypto';

export interface ContentAction {
  id: string;
  /** The name without its enum prefix: ACK. */
  type: string;
  label: string;
}

export interface Content {
  title: string;
  /** As delivered, markers included. */
  body: string;
  senderName: string;
  actions: readonly ContentAction[];
  locale: string;
}

const SCHEME = 'dovecote.content.v1';

/**
 * Lowercase hex SHA-256 by which anyone can check what was delivered. The input is, in this order: the text
 * "dovecote.content.v1", title, sender name, body, locale; the number of actions; for each action its id, type
 * and label. A text is its length in bytes, then its UTF-8 bytes; lengths and the number are 4 bytes, unsigned,
 * big-endian. Lengths keep two different messages from ever having the same input.
 */
export function contentId({ title, body, senderName, actions, locale }: Content): string {
  const texts = [SCHEME, title, senderName, body, locale];
  const hash = createHash('sha256');
  for (const text of texts) addText(text);
  hash.update(uint32(actions.length));
  for (const { id, type, label } of actions) for (const text of [id, type, label]) addText(text);
  return hash.digest('hex');

  function addText(text: string): void {
    const bytes = Buffer.from(text);
    hash.update(uint32(bytes.length)).update(bytes);
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
