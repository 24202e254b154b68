import { ConnectError } from '@connectrpc/connect';
import { errorFromJsonBytes, endStreamFromJson } from '@connectrpc/connect/protocol-connect';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { trailerParse } from '@connectrpc/connect/protocol-grpc-web';
import type { IncomingHttpHeaders } from 'node:http';
import { envelope, envelopes, http1, type RawResponse } from './raw.js';

export interface RawProtocol {
  name: string;
  /** Content type without the encoding of messages. */
  contentType: string;
  enveloped: boolean;
  encodingHeader: string;
  timeout: Record<string, string>;
  error(response: RawResponse): ConnectError | undefined;
}

export const rawProtocols: RawProtocol[] = [
  {
    name: 'Connect',
    contentType: 'application/',
    enveloped: false,
    encodingHeader: 'content-encoding',
    timeout: { 'connect-timeout-ms': '50' },
    error: ({ status, body }) =>
      status === 200 ? undefined : errorFromJsonBytes(body, undefined, new ConnectError('no error')),
  },
  {
    name: 'Connect streams',
    contentType: 'application/connect+',
    enveloped: true,
    encodingHeader: 'connect-content-encoding',
    timeout: { 'connect-timeout-ms': '50' },
    error: ({ body }) => endStreamFromJson(lastEnvelope(body)).error,
  },
  {
    name: 'gRPC',
    contentType: 'application/grpc+',
    enveloped: true,
    encodingHeader: 'grpc-encoding',
    timeout: { 'grpc-timeout': '50m' },
    error: ({ trailers }) => findTrailerError(headers(trailers)),
  },
  {
    name: 'gRPC-Web',
    contentType: 'application/grpc-web+',
    enveloped: true,
    encodingHeader: 'grpc-encoding',
    timeout: { 'grpc-timeout': '50m' },
    error: ({ body }) => findTrailerError(trailerParse(lastEnvelope(body))),
  },
];

export interface RawCall {
  format?: 'proto' | 'json';
  headers?: Record<string, string>;
  /** Flags of the envelope. */
  flags?: number;
}

/** The error that a call ends with, as it is on the wire, and the headers that came with it. */
export async function rawError(
  { contentType, enveloped, error }: RawProtocol,
  port: number,
  path: string,
  message: Uint8Array | string,
  { format = 'proto', headers: extra, flags }: RawCall = {},
): Promise<{ error: ConnectError; header: IncomingHttpHeaders }> {
  const data = Buffer.from(message);
  const response = await http1(
    port,
    path,
    { ...extra, 'content-type': contentType + format },
    enveloped ? envelope(data, flags) : data,
  );
  const found = error(response);
  if (!found) throw new Error('the call was expected to fail');
  return { error: found, header: response.headers };
}

function lastEnvelope(body: Buffer): Buffer {
  const last = envelopes(body).at(-1);
  if (!last) throw new Error('the answer is empty');
  return last.data;
}

function headers(values: NodeJS.Dict<string>): Headers {
  return new Headers(Object.entries(values).map(([name, value]) => [name, value ?? '']));
}
