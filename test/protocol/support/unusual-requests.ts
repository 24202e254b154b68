import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import {
  EchoRequestSchema,
  FailRequestSchema,
  SleepRequestSchema,
} from '@dovecote/contract/dovecote/test/v1/echo_pb';
import type { RawRequest } from './exchange.js';
import { envelope } from './raw.js';

/** Requests as clients send them, and everything beside that: in method, header, framing, encoding and message. */
export const requestBytes = 2_000;
export const origin = 'https://console.example';

/** Mostly the first, which is what clients do. */
function mostly<T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: unusual });
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300, size: 'max' }),
  fc.constantFrom('', 'unexpected', 'ü', ' a '),
);

const echo = fc
  .record({
    text,
    data: fc.uint8Array({ maxLength: 2_100, size: 'max' }),
    number: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    at: fc.option(
      fc.record({ seconds: fc.bigInt({ min: -1n, max: 10n ** 10n }), nanos: fc.nat(999_999_999) }),
      {
        nil: undefined,
      },
    ),
  })
  .map((init) => message('Echo', EchoRequestSchema, create(EchoRequestSchema, init)));

const fail = fc
  .record({
    code: fc.integer({ min: 1, max: 16 }),
    message: fc.oneof(text, fc.string({ minLength: 1_100, maxLength: 1_200, size: 'max' })),
  })
  .map((init) => message('Fail', FailRequestSchema, create(FailRequestSchema, init)));

/** Is over its deadline before it is done. */
const sleep = fc.constant(
  message('Sleep', SleepRequestSchema, create(SleepRequestSchema, { milliseconds: 60_000 })),
);

interface Encoded {
  method: string;
  proto: Buffer;
  json: Buffer;
}

function message<S extends typeof EchoRequestSchema | typeof FailRequestSchema | typeof SleepRequestSchema>(
  method: string,
  schema: S,
  value: Parameters<typeof toBinary<S>>[1],
): Encoded {
  return {
    method,
    proto: Buffer.from(toBinary(schema, value)),
    json: Buffer.from(toJsonString(schema, value)),
  };
}

const oddJson = fc
  .constantFrom(
    '',
    '{',
    'null',
    '[]',
    '1',
    '"a"',
    '{"text":1}',
    '{"unknown":{"a":[1]}}',
    '{"text":"a"}{}',
    '\ufeff{}',
    '{"text":"a","text":"b"}',
    '{"number":"x"}',
    '{"at":"soon"}',
    '{"data":"%"}',
  )
  .map((json) => Buffer.from(json));
const oddBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

const contentTypes = [
  'application/proto',
  'application/json',
  'application/grpc',
  'application/grpc+proto',
  'application/grpc-web',
  'application/grpc-web+proto',
];
const oddContentTypes = [
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'application/json; charset=latin1',
  'Application/Proto',
  'application/grpc+json',
  'application/grpc-web+json',
  'application/connect+proto',
  'application/grpc-web-text',
  'application/grpcx',
  'text/plain',
  '',
];

const encodings = fc.constantFrom<(string | undefined)[]>(
  'identity',
  'gzip',
  'GZIP',
  '',
  'zebra',
  'gzip, identity',
);
const accepted = fc.option(
  fc.constantFrom('gzip', 'identity', '', 'br, gzip', 'gzip;q=0', ' gzip ,br', 'zebra'),
  {
    nil: undefined,
  },
);
const timeouts = mostly(
  fc.constantFrom<(string | undefined)[]>(undefined, '60000', '60S', '2147483647', '10000000u'),
  fc.constantFrom('0', '0m', '-1', 'soon', '', '99999999999', '123456789S', '1x', '1.5S', ' 5S'),
);

/** What may surround a message: one envelope and nothing else is right. */
const framings = mostly(
  fc.constant((data: Buffer, flags: number) => envelope(data, flags)),
  fc.constantFrom<((data: Buffer, flags: number) => Buffer)[]>(
    () => Buffer.alloc(0),
    (data, flags) => Buffer.concat([envelope(data, flags), envelope(data, flags)]),
    (data, flags) => Buffer.concat([envelope(data, flags), Buffer.from([0])]),
    (data, flags) => envelope(data, flags).subarray(0, -1),
    (data) => envelope(data, 2),
    (data) => envelope(data, 3),
    (data) => envelope(data, 128),
    (data) => data,
    (data) => Buffer.concat([Buffer.from([0, 255, 255, 255, 255]), data]),
  ),
);

const metadata = fc.dictionary(
  fc.constantFrom('x-echo-one', 'x-echo-two-bin', 'x-request-id', 'x-forwarded-for'),
  fc.constantFrom('eins', 'AAEC', 'a, b', ' spaced ', '192.0.2.1', 'x'.repeat(300)),
);

export const requests: fc.Arbitrary<RawRequest> = fc
  .record({
    version: fc.constantFrom<(1 | 2)[]>(1, 2),
    verb: mostly(fc.constant('POST'), fc.constantFrom('GET', 'PUT', 'HEAD', 'OPTIONS')),
    contentType: mostly(fc.constantFrom(...contentTypes), fc.constantFrom(...oddContentTypes)),
    message: fc.oneof(
      { weight: 6, arbitrary: echo },
      { weight: 3, arbitrary: fail },
      { weight: 1, arbitrary: sleep },
    ),
    odd: mostly(fc.constant(undefined), fc.oneof(oddJson, oddBytes)),
    gzip: mostly(fc.constant(false), fc.boolean()),
    encoding: mostly(fc.constant<string | undefined>(undefined), encodings),
    accepted,
    timeout: timeouts,
    framing: framings,
    metadata,
    origin: fc.constantFrom(undefined, origin, 'https://evil.example'),
    suffix: mostly(fc.constant(''), fc.constantFrom('?a=1', '?', '/', 'x')),
  })
  .map(assembled);

function assembled(parts: {
  version: 1 | 2;
  verb: string;
  contentType: string;
  message: Encoded;
  odd: Buffer | undefined;
  gzip: boolean;
  encoding: string | undefined;
  accepted: string | undefined;
  timeout: string | undefined;
  framing: (data: Buffer, flags: number) => Buffer;
  metadata: Record<string, string>;
  origin: string | undefined;
  suffix: string;
}): RawRequest {
  const { version, verb, contentType, gzip } = parts;
  const sleeps = parts.message.method === 'Sleep';
  const grpc = /grpc/i.test(contentType);
  const usual = /json/i.test(contentType) ? parts.message.json : parts.message.proto;
  // How long it would sleep must not be left to chance.
  const plain = sleeps ? usual : (parts.odd ?? usual);
  const data = gzip ? gzipSync(plain) : plain;
  const encoding = gzip ? (parts.encoding ?? 'gzip') : parts.encoding;
  const timeout = sleeps ? (grpc ? '20m' : '20') : parts.timeout;
  const fields: Record<string, string | undefined> = {
    'content-type': contentType,
    'connect-protocol-version': '1',
    [grpc ? 'grpc-timeout' : 'connect-timeout-ms']: timeout,
    [grpc ? 'grpc-encoding' : 'content-encoding']: encoding,
    [grpc ? 'grpc-accept-encoding' : 'accept-encoding']: parts.accepted,
    origin: parts.origin,
    ...parts.metadata,
  };
  const bodiless = verb === 'GET' || verb === 'HEAD';
  const body = grpc ? parts.framing(data, gzip ? 1 : 0) : data;
  return {
    version,
    method: verb,
    path: `/dovecote.test.v1.EchoService/${parts.message.method}${parts.suffix}`,
    headers: Object.fromEntries(
      Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
    ),
    body: bodiless ? Buffer.alloc(0) : body,
  };
}
