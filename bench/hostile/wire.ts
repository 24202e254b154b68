import { gzipSync } from 'node:zlib';
import { enveloped } from '../support/calls.js';
import type { HostileRequest } from './request.js';

const COMPRESSED = 1;

export interface Options {
  readonly authorization?: string;
  readonly gzip?: boolean;
  readonly unannounced?: boolean;
  readonly http?: 1 | 2;
  readonly headers?: Readonly<Record<string, string>>;
}

type Bytes = () => Buffer | string;

/** One call of Connect; over HTTP/2 unless it says otherwise. */
export function connectCall(
  name: string,
  path: string,
  format: 'json' | 'proto',
  message: Bytes,
  { authorization, gzip = false, unannounced, http = 2, headers = {} }: Options = {},
): HostileRequest {
  return {
    name,
    http,
    path,
    headers: {
      'content-type': `application/${format}`,
      ...(authorization ? { authorization } : {}),
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
      ...headers,
    },
    body: () => (gzip ? gzipSync(message()) : Buffer.from(message())),
    unannounced,
    peer: true,
  };
}

/** One call of gRPC, or of gRPC-Web over HTTP/1.1. */
export function grpcCall(
  name: string,
  path: string,
  message: Bytes,
  { authorization, gzip = false, http = 2 }: Options = {},
): HostileRequest {
  return {
    name,
    http,
    path,
    headers: {
      'content-type': http === 2 ? 'application/grpc' : 'application/grpc-web+proto',
      ...(http === 2 ? { te: 'trailers' } : {}),
      ...(authorization ? { authorization } : {}),
      ...(gzip ? { 'grpc-encoding': 'gzip' } : {}),
    },
    body: () => {
      const framed = enveloped(gzip ? gzipSync(message()) : Buffer.from(message()));
      framed[0] = gzip ? COMPRESSED : 0;
      return framed;
    },
    peer: true,
  };
}

/** A plain post that no server of Connect knows. */
export function post(
  name: string,
  path: string,
  type: string,
  body: Bytes,
  authorization?: string,
): HostileRequest {
  const headers = { 'content-type': type, ...(authorization ? { authorization } : {}) };
  return { name, http: 1, path, headers, body: () => Buffer.from(body()), peer: false };
}
