import { XmlError } from './xml-error.js';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Strict base64, line breaks aside: one text must have one meaning. */
export function decodeBase64(text: string, longest: number): Buffer {
  if (text.length > longest) throw new XmlError('too_large', 'The message is too long to be read.');
  const compact = text.replaceAll(/[\r\n\t ]/g, '');
  if (compact.length % 4 !== 0 || !BASE64.test(compact)) {
    throw new XmlError('malformed', 'The message is not base64.');
  }
  return Buffer.from(compact, 'base64');
}

export function decodeUtf8(bytes: Buffer, largest: number): string {
  if (bytes.length > largest) throw new XmlError('too_large', 'The message is too large to be read.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new XmlError('malformed', 'The message is not text in UTF-8; is it compressed?', { cause: error });
  }
}
