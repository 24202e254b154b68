import type { IncomingHttpHeaders } from 'node:http';
import { connect } from './connect.js';
import { grpc } from './grpc.js';
import { grpcWeb } from './grpc-web.js';
import type { UnaryProtocol } from './protocol.js';

/** What the header of a request says about how it is to be read and answered. */
export interface RequestFormat {
  readonly protocol: UnaryProtocol;
  readonly json: boolean;
  readonly timeoutMs: number | undefined;
  /** The request may be compressed: a Connect body is, an envelope says so itself. */
  readonly requestGzip: boolean;
  readonly acceptsGzip: boolean;
}

type ProtocolAndCodec = Pick<RequestFormat, 'protocol' | 'json'>;

/** The content types that clients really send; rarer spellings take the general path. */
const formats: ReadonlyMap<string | undefined, ProtocolAndCodec> = new Map<string, ProtocolAndCodec>([
  ['application/proto', { protocol: connect, json: false }],
  ['application/json', { protocol: connect, json: true }],
  ['application/grpc', { protocol: grpc, json: false }],
  ['application/grpc+proto', { protocol: grpc, json: false }],
  ['application/grpc-web', { protocol: grpcWeb, json: false }],
  ['application/grpc-web+proto', { protocol: grpcWeb, json: false }],
]);

/** Undefined for what is rare or wrong. */
export function requestFormatOf(header: IncomingHttpHeaders): RequestFormat | undefined {
  const format = formats.get(header['content-type']);
  if (!format) return undefined;
  const { protocol, json } = format;
  const encoding = header[protocol.encodingHeader];
  if (encoding !== undefined && encoding !== 'identity' && encoding !== 'gzip') return undefined;
  const timeout = header[protocol.timeoutHeader];
  const timeoutMs = typeof timeout === 'string' ? protocol.timeoutMs(timeout) : undefined;
  if (timeoutMs === undefined && timeout !== undefined) return undefined;
  const requestGzip = encoding === 'gzip';
  const acceptsGzip = namesGzip(header[protocol.acceptEncodingHeader], requestGzip);
  return { protocol, json, timeoutMs, requestGzip, acceptsGzip };
}

/** A client that names no encoding gets the one of its request. */
function namesGzip(accepted: string | string[] | undefined, otherwise: boolean): boolean {
  if (!accepted) return otherwise;
  const names = typeof accepted === 'string' ? accepted : accepted.join(',');
  return names.includes('gzip') && names.split(',').some((name) => name.trim() === 'gzip');
}
