import { gunzipSync } from 'node:zlib';
import { trailerParse } from '@connectrpc/connect/protocol-grpc-web';
import type { RawRequest } from './exchange.js';
import { envelopes, type RawResponse } from './raw.js';

/** An answer in terms that two servers can be compared by. */
export interface Outcome {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: unknown;
  trailers: NodeJS.Dict<string>;
}

/** What may differ between the fast path and the general one, and why that is meant. */
const intended: { why: string; forget(outcome: Outcome, request: RawRequest): void }[] = [
  {
    why: 'A whole answer has a length, one in pieces is chunked and announces its trailers.',
    forget({ headers }) {
      for (const name of ['content-length', 'transfer-encoding', 'trailer']) delete headers[name];
    },
  },
  {
    why: 'The date of two answers may differ, and no client of gRPC reads one.',
    forget: ({ headers }) => delete headers['date'],
  },
  {
    why: 'Errors are small: the fast path does not compress them.',
    forget({ headers, status }) {
      if (status !== 200) delete headers['content-encoding'];
    },
  },
];

export function outcomeOf(response: RawResponse, request: RawRequest): Outcome {
  const { status, trailers } = response;
  const outcome: Outcome = {
    status,
    headers: { ...response.headers },
    body: decoded(response),
    trailers: { ...trailers },
  };
  for (const { forget } of intended) forget(outcome, request);
  return outcome;
}

/** Bodies by their meaning: equal messages may be compressed into different bytes. */
function decoded({ headers, body }: RawResponse): unknown {
  const type = String(headers['content-type'] ?? '');
  const content = headers['content-encoding'] === 'gzip' && body.length > 0 ? gunzipSync(body) : body;
  if (type === 'application/json') return content.length > 0 ? JSON.parse(content.toString()) : '';
  if (!/^application\/grpc/.test(type) || /text/.test(type)) return content.toString('hex');
  return envelopes(content).map(({ flags, data }) => {
    const plain = flags & 1 ? gunzipSync(data) : data;
    return flags & 128 ? Object.fromEntries(trailerParse(plain)) : { flags, data: plain.toString('hex') };
  });
}
