import { readFileSync } from 'node:fs';
import { type DescMethod, fromBinary, type Message } from '@bufbuild/protobuf';
import { calls, pathOf } from '../support/calls.js';

/** What every peer answers from memory: the very messages that Dovecote answered from its database. */
export interface Answer {
  readonly path: string;
  readonly method: DescMethod;
  readonly message: Message;
}

/** Read from the file that the first argument names: one message a path, in base64. */
export function readAnswers(): Answer[] {
  const stored = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Record<string, string>;
  return calls.map(({ method }) => ({
    path: pathOf(method),
    method,
    message: fromBinary(method.output, Buffer.from(stored[pathOf(method)]!, 'base64')),
  }));
}

/** Tells the process that measures where to call, and ends when it does. */
export function ready(ports: { http1?: number; http2?: number }): void {
  process.on('disconnect', () => process.exit());
  process.send!(ports);
}
