import { deepJson, KiB, MiB, repeated, wideArray, wideObject } from '../bytes.js';
import type { Group, HostileRequest } from '../request.js';
import { connectCall, grpcCall } from '../wire.js';
import { createCampaign, createTemplate, requestSignInCode, type World } from './world.js';

const LEVELS = 2_000_000;
/** What opens a field of CreateTemplateRequest: an empty variable (3), a type (5). */
const EMPTY_VARIABLE = [0x1a, 0];
const TYPE = [0x28, 1];
/** Field 100 is none. */
const UNKNOWN = [0xa0, 0x06, 1];

const bomb = (): Buffer => Buffer.alloc(100 * MiB);
const nearMiss = (index: number): string => `nam${index.toString(36)}`;

/** Messages of every shape to a call that takes 4 MiB, then to one that takes 16 MiB, then to one that takes anybody. */
export function shapes({ apiKey }: World): Group[] {
  const key = { authorization: apiKey };
  return [
    { title: 'Messages of a caller with an API key: CreateTemplate, 4 MiB', requests: small(key) },
    { title: 'The same: CreateCampaign, 16 MiB and a million elements', large: true, requests: large(key) },
    { title: 'Messages of anybody: RequestSignInCode, 64 KiB', requests: open() },
  ];
}

function small(key: { authorization: string }): HostileRequest[] {
  const json = (name: string, text: () => string, gzip = false) =>
    connectCall(name, createTemplate, 'json', text, { ...key, gzip });
  const proto = (name: string, bytes: () => Buffer, gzip = false) =>
    connectCall(name, createTemplate, 'proto', bytes, { ...key, gzip });
  return [
    json('JSON, 2 million levels', () => deepJson('variables', LEVELS)),
    json('JSON, 2 million levels, gzip', () => deepJson('variables', LEVELS), true),
    json('JSON, a million elements in a list', () => wideArray('variables', 1_000_000, '{}'), true),
    json('JSON, 300,000 unknown fields', () => wideObject(300_000, (index) => `k${index}`), true),
    json('JSON, 100,000 fields named nearly as one', () => wideObject(100_000, nearMiss)),
    json('JSON, 19,000 fields named nearly as one', () => wideObject(19_000, nearMiss)),
    json('JSON, one name of 4 MiB', () => `{"${'n'.repeat(4 * MiB - 64)}":1}`),
    json('JSON, 19,000 names of 200 characters', () =>
      wideObject(19_000, (index) => String(index).padStart(200, 'n')),
    ),
    json('JSON, one text of 4 MiB', () => `{"body":"${'x'.repeat(4 * MiB - 64)}"}`),
    json('JSON, one text of 4 MiB of escapes', () => `{"body":"${'\\u0041'.repeat(699_000)}"}`),
    json('JSON, 19,000 elements of the right type', () => wideArray('variables', 19_000 / 2, '{"name":"a"}')),
    json('JSON, a field 19,000 times', () => `{${Array(19_000).fill('"name":"a"').join()}}`),
    json('JSON, 19,000 wrong elements', () => wideArray('variables', 19_000, '1')),
    json('JSON, a number of 4 million digits', () => `{"type":${'1'.repeat(4_000_000)}}`),
    json('JSON, 4 MiB that break off', () => `{"body":"${'x'.repeat(4 * MiB - 64)}`),
    connectCall(
      'JSON, 4 MiB that end as no UTF-8',
      createTemplate,
      'json',
      () => Buffer.concat([Buffer.from('{"body":"'), Buffer.alloc(4 * MiB - 64, 0x78), Buffer.of(0xff)]),
      key,
    ),
    proto('binary, 2 million fields', () => repeated(TYPE, LEVELS), true),
    proto('binary, 1.3 million unknown fields', () => repeated(UNKNOWN, 1_300_000), true),
    proto('binary, 2 million empty elements', () => repeated(EMPTY_VARIABLE, LEVELS), true),
    proto('binary, 19,000 empty elements', () => repeated(EMPTY_VARIABLE, 19_000)),
    proto('binary, 19,000 unknown fields', () => repeated(UNKNOWN, 19_000)),
    proto('binary, 2 million groups inside each other', () => repeated([0xa3, 0x06], LEVELS), true),
    proto('binary, a length beyond the end', () => Buffer.from([0x12, 0xff, 0xff, 0xff, 0x7f])),
    proto('binary, 4 MiB of noise', () => repeated([0xff, 0x83, 0x11, 0x97], MiB - 16)),
    proto('binary, 4 MiB that are no UTF-8', () =>
      Buffer.concat([Buffer.from([0x12, 0xf0, 0xff, 0xff, 0x01]), Buffer.alloc(4 * MiB - 16, 0xff)]),
    ),
    proto('gzip, 100 MiB of zeros', bomb, true),
    grpcCall('gRPC, gzip, 100 MiB of zeros', createTemplate, bomb, { ...key, gzip: true }),
    grpcCall('gRPC, gzip, 2 million empty elements', createTemplate, () => repeated(EMPTY_VARIABLE, LEVELS), {
      ...key,
      gzip: true,
    }),
    grpcCall('gRPC-Web, gzip, 100 MiB of zeros', createTemplate, bomb, { ...key, gzip: true, http: 1 }),
    connectCall('no gzip, 4 MiB', createTemplate, 'proto', () => Buffer.alloc(4 * MiB - 64, 7), {
      ...key,
      headers: { 'content-encoding': 'gzip' },
    }),
  ];
}

function large(key: { authorization: string }): HostileRequest[] {
  const json = (name: string, text: () => string, gzip = false) =>
    connectCall(name, createCampaign, 'json', text, { ...key, gzip });
  const proto = (name: string, bytes: () => Buffer, gzip = false) =>
    connectCall(name, createCampaign, 'proto', bytes, { ...key, gzip });
  return [
    json('JSON, 8 million levels, gzip', () => deepJson('audience', 8_000_000), true),
    json('JSON, 990,000 unknown fields, 12 MiB', () => wideObject(990_000, (index) => `k${index}`), true),
    json('JSON, 990,000 fields named nearly as one', () => wideObject(990_000, nearMiss), true),
    json('JSON, 990,000 texts in userIds', () => wideArray('userIds', 990_000, '"a"'), true),
    json('JSON, 490,000 empty people', () => wideArray('audience', 490_000, '{}'), true),
    json('JSON, 990,000 wrong elements', () => wideArray('audience', 990_000, '1'), true),
    json(
      'JSON, one person with 990,000 variables',
      () =>
        `{"audience":[{"variables":${wideObject(990_000, (index) => `k${index}`).replaceAll(':1', ':"1"')}}]}`,
      true,
    ),
    // Fields 4 (a user id), 8 (a person).
    proto('binary, 8 million empty user ids', () => repeated([0x22, 0], 8_000_000), true),
    proto('binary, 990,000 empty user ids', () => repeated([0x22, 0], 990_000), true),
    proto('binary, 990,000 empty people', () => repeated([0x42, 0], 990_000), true),
    proto('binary, 490,000 people with an empty variable', () => repeated([0x42, 2, 0x12, 0], 490_000), true),
    proto('binary, 990,000 unknown fields', () => repeated(UNKNOWN, 990_000), true),
    proto('gzip, 100 MiB of zeros', bomb, true),
  ];
}

function open(): HostileRequest[] {
  const json = (name: string, text: () => string, gzip = false) =>
    connectCall(name, requestSignInCode, 'json', text, { gzip });
  const email = (text: string) => () => JSON.stringify({ email: text });
  return [
    json('JSON, 30,000 levels', () => deepJson('email', 30_000)),
    json('JSON, 2 million levels, gzip', () => deepJson('email', LEVELS), true),
    json('JSON, 900 unknown fields', () => wideObject(900, nearMiss)),
    connectCall('gzip, 100 MiB of zeros', requestSignInCode, 'proto', bomb, { gzip: true }),
    connectCall('binary, 20,000 unknown fields', requestSignInCode, 'proto', () => repeated(UNKNOWN, 20_000)),
    json('an address of 63 KiB', email(`${'a'.repeat(63 * KiB)}@acme.example`)),
    json('an address of 63 KiB of dots', email(`a@${'a.'.repeat(31 * KiB)}example`)),
    json('an address of 63 KiB of at signs', email('@'.repeat(63 * KiB))),
    json(
      'an address of 60 KiB of combining marks',
      email(`${'a\u0301\u0323'.repeat(12 * KiB)}@acme.example`),
    ),
    json('an address of 63 KiB of spaces', email(`a${' '.repeat(63 * KiB)}b`)),
    json('64 KiB and one', email('a'.repeat(64 * KiB))),
  ];
}
