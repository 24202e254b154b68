import { randomBytes } from 'node:crypto';

const marker = '__exception__';

/** Announced in the headers of an answer that begins before its statement has ended. */
export function newExceptionTag(): string {
  return randomBytes(8).toString('hex');
}

/** The end of an answer whose statement failed on the way, as clients of ClickHouse 25.11 and newer find it. */
export function exceptionFrame(tag: string, text: string): string {
  const message = text.endsWith('\n') ? text : `${text}\n`;
  return `\r\n${marker}\r\n${tag}\n${message}${Buffer.byteLength(message)} ${tag}\r\n${marker}\r\n`;
}
