import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRegistry, fromJson, fromJsonString, toJson, type JsonValue } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { createMethodSerializationLookup } from '@connectrpc/connect/protocol';
import {
  EchoRequestSchema,
  EchoService,
  type EchoRequest,
} from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { BadRequestSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { MessageChecks } from './message.js';
import { JsonReader } from './reader.js';

const registry = createRegistry(EchoRequestSchema);
const reader = new JsonReader(EchoRequestSchema, registry, new MessageChecks(registry));
/** As Connect reads, with our text in front. */
const connect = createMethodSerializationLookup(
  EchoService.method.echo,
  undefined,
  // What Connect hands on to its serialization is more than its type admits.
  Object.assign({ registry }, { textDecoder: { decode: (data: Uint8Array) => reader.respell(data).text } }),
  { readMaxBytes: 1_000_000, writeMaxBytes: 1_000_000 },
).getI(false);

const bytes = (json: JsonValue | string): Uint8Array =>
  Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
const read = (json: JsonValue | string): EchoRequest => reader.read(bytes(json)).message as EchoRequest;
const readByConnect = (json: JsonValue | string): EchoRequest => connect.parse(bytes(json));

function refusal(read: () => unknown): { message: string; fields: string[]; descriptions: string[] } {
  try {
    read();
  } catch (error) {
    const violations = (error as ConnectError).findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
    return {
      message: (error as ConnectError).rawMessage,
      fields: violations.map(({ field }) => field),
      descriptions: violations.map(({ description }) => description),
    };
  }
  throw new Error('It was read.');
}

describe('enum names', () => {
  test.each<[JsonValue, string[], string]>([
    [
      { mood: 'MOOD_HAPPY' },
      ['mood'],
      'is not a Mood: expected one of MOOD_GLAD, MOOD_TIRED, MOOD_GLAD_AND_TIRED',
    ],
    [{ mood: 'TIERD' }, ['mood'], 'is not a Mood: did you mean MOOD_TIRED?'],
    [{ mood: 'mood_glad' }, ['mood'], 'is not a Mood: did you mean MOOD_GLAD?'],
    [{ mood: 'glad' }, ['mood'], 'is not a Mood: did you mean MOOD_GLAD?'],
    [{ mood: '' }, ['mood'], 'is not a Mood: expected one of'],
    [{ mood: '1' }, ['mood'], 'is not a Mood: expected one of'],
    [{ mood: 1.5 }, ['mood'], 'must be the name or the number of a Mood'],
    [{ mood: true }, ['mood'], 'must be the name or the number of a Mood'],
    [{ mood: 2 ** 31 }, ['mood'], 'must be the name or the number of a Mood'],
    [{ mood: 'constructor' }, ['mood'], 'is not a Mood'],
    [{ pastMoods: ['GLAD', 'SAD', null] }, ['pastMoods[1]', 'pastMoods[2]'], 'is not a Mood'],
    [{ moodOf: { 'a.b': 'SAD' } }, ['moodOf["a.b"]'], 'is not a Mood'],
    [{ chosenMood: 'SAD' }, ['chosenMood'], 'is not a Mood'],
    [{ chosenEcho: { echoes: [{}, { mood: 'SAD' }] } }, ['chosenEcho.echoes[1].mood'], 'is not a Mood'],
    [{ chosen_echo: { past_moods: ['SAD'] } }, ['chosenEcho.pastMoods[0]'], 'is not a Mood'],
  ])('%j is refused', (json, fields, description) => {
    const refused = refusal(() => read(json));
    expect(refused.fields).toEqual(fields);
    expect(refused.descriptions[0]).toContain(description);
    expect(refused.message).toContain(`${fields[0]}: ${refused.descriptions[0]}`);
    expect(refusal(() => readByConnect(json))).toEqual(refused);
  });

  test.each<[JsonValue, JsonValue]>([
    [{ mood: 'MOOD_GLAD' }, { mood: 'MOOD_GLAD' }],
    [{ mood: 'GLAD' }, { mood: 'MOOD_GLAD' }],
    [{ mood: 'UNSPECIFIED' }, {}],
    [{ mood: null }, {}],
    [{ mood: 2 }, { mood: 'MOOD_TIRED' }],
    [{ mood: 77 }, { mood: 77 }],
    [{ pastMoods: ['GLAD', 2, 'MOOD_TIRED'] }, { pastMoods: ['MOOD_GLAD', 'MOOD_TIRED', 'MOOD_TIRED'] }],
    [{ moodOf: { a: 'GLAD' } }, { moodOf: { a: 'MOOD_GLAD' } }],
    [{ chosenMood: 'TIRED' }, { chosenMood: 'MOOD_TIRED' }],
    [{ echoes: [{ mood: 'GLAD' }] }, { echoes: [{ mood: 'MOOD_GLAD' }] }],
  ])('%j is read as %j', (json, meant) => {
    expect(toJson(EchoRequestSchema, read(json))).toEqual(meant);
    expect(toJson(EchoRequestSchema, readByConnect(json))).toEqual(meant);
  });

  test('a key of __proto__ is a key', () => {
    const json = '{"moodOf":{"__proto__":"GLAD"},"__proto__":{"text":"a"}}';
    for (const message of [read(json), readByConnect(json)]) {
      expect(Object.entries(message.moodOf)).toEqual([['__proto__', 1]]);
      expect(message.text).toBe('');
    }
  });
});

describe('times', () => {
  test.each([
    '2027-02-30T00:00:00Z',
    '2027-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2027-04-31T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-00-01T00:00:00Z',
    '2027-01-00T00:00:00Z',
    '2027-01-31T24:00:00Z',
    '2027-01-31T23:60:00Z',
    '2016-12-31T23:59:60Z',
    '2027-01-31T00:00:00+24:00',
    '2027-01-31T00:00:00+01:60',
    '2027-01-31T00:00:00+99:99',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '10000-01-01T00:00:00Z',
    '2027-01-31',
    '2027-01-31 00:00:00Z',
    '2027-01-31T00:00:00',
    '2027-01-31T00:00:00.Z',
    'soon',
    '',
    1767225600,
    {},
  ])('%j does not exist', (at) => {
    const refused = refusal(() => read({ echoes: [{ at }] }));
    expect(refused.fields).toEqual(['echoes[0].at']);
    expect(refusal(() => readByConnect({ echoes: [{ at }] }))).toEqual(refused);
  });

  test.each([
    '2028-02-29T00:00:00Z',
    '2000-02-29T23:59:59.999999999Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2027-01-31T00:00:00+14:00',
    '0004-02-29T00:00:00Z',
  ])('%j exists', (at) => {
    expect(read({ at }).at).toEqual(fromJson(EchoRequestSchema, { at }).at);
  });

  test.each(['1', '1sec', '1.0000000001s', '1e3s', '315576000001s', '', 's', '-s', ' 1s', 1])(
    '%j is no duration',
    (lasts) => {
      expect(refusal(() => read({ lasts })).fields).toEqual(['lasts']);
      expect(refusal(() => readByConnect({ lasts })).fields).toEqual(['lasts']);
    },
  );
});

describe('text that is no Unicode', () => {
  const half = '"\\ud800"';
  test.each([
    [`{"text":${half}}`, 'text'],
    [`{"userIds":["a",${half}]}`, 'userIds[1]'],
    [`{"moodOf":{${half}:1}}`, 'moodOf["\\ud800"]'],
    [`{"textOf":{"1":"a\\udc00b"}}`, 'textOf["1"]'],
    [`{"details":{"a":[${half}]}}`, 'details["a"][0]'],
    [`{"details":{${half}:1}}`, 'details["\\ud800"]'],
    [`{"anything":${half}}`, 'anything'],
  ])('%s is refused', (json, field) => {
    expect(refusal(() => read(json)).fields).toEqual([field]);
    expect(refusal(() => readByConnect(json)).fields).toEqual([field]);
  });

  test.each([[[0xff]], [[0xc3]], [[0xed, 0xa0, 0x80]], [[0xc0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]]])(
    'the bytes %j within a text are refused',
    (wrong) => {
      const body = Buffer.concat([Buffer.from('{"text":"'), Buffer.from(wrong), Buffer.from('"}')]);
      const message =
        'The request is not a valid dovecote.test.v1.EchoRequest in JSON: it is not valid UTF-8.';
      expect(refusal(() => reader.read(body)).message).toBe(message);
      expect(refusal(() => connect.parse(body)).message).toBe(message);
    },
  );
});

describe('null', () => {
  test.each<JsonValue>([
    { chosenMood: null, chosenText: 'a' },
    { chosenText: 'a', chosenMood: null },
    { chosenEcho: null, chosen_mood: null, chosenText: 'a' },
    { chosenText: 'a', text: null, echoes: null, moodOf: null, at: null, details: null, number: null },
  ])('%j is as if it were not there', (json) => {
    for (const message of [read(json), readByConnect(json)]) {
      expect(message.choice).toEqual({ case: 'chosenText', value: 'a' });
    }
  });

  test.each<[JsonValue, string]>([
    [{ userIds: [null] }, 'userIds[0]'],
    [{ echoes: [{}, null] }, 'echoes[1]'],
    [{ textOf: { 1: null } }, 'textOf["1"]'],
    [{ moodOf: { a: null } }, 'moodOf["a"]'],
  ])('%j is refused', (json, field) => {
    expect(refusal(() => read(json)).fields).toEqual([field]);
    expect(refusal(() => readByConnect(json)).fields).toEqual([field]);
  });

  test('is a value where any value is', () => {
    expect(read({ anything: null }).anything?.kind.case).toBe('nullValue');
  });
});

describe('what protobuf-es refuses as well', () => {
  test.each<[string, string[]]>([
    [
      '{"text":1,"urgent":"yes","weight":"heavy","count":-1,"number":0.5,"data":"%"}',
      ['text', 'urgent', 'weight', 'count', 'number', 'data'],
    ],
    ['{"echoes":{},"moodOf":[],"chosenEcho":[]}', ['echoes', 'moodOf', 'chosenEcho']],
    ['{"chosenMood":1,"chosenText":"a"}', ['chosenText']],
    ['{"past_moods":[],"pastMoods":[]}', ['pastMoods']],
    ['{"textOf":{"x":"a"}}', ['textOf["x"]']],
    ['{"details":[]}', ['details']],
    ['{"text":"a","text":"b"}', []],
    ['{"unknown":{"a":1,"a":2}}', []],
    ['{"textOf":{"1":"a","01":"b"}}', []],
    ['[]', []],
    ['null', []],
    ['"a"', []],
    ['', []],
    ['{', []],
    ['{}{}', []],
  ])('%s', (json, fields) => {
    expect(() => fromJsonString(EchoRequestSchema, json, { ignoreUnknownFields: true })).toThrow();
    const refused = refusal(() => read(json));
    expect(refused.fields).toEqual(fields);
    expect(refused.message).not.toMatch(/cannot decode|google.protobuf.Empty/);
    expect(refusal(() => readByConnect(json)).message).toBe(refused.message);
  });

  test('names the message where no field is to blame', () => {
    expect(refusal(() => read('{"a":1,"a":2}')).message).toBe(
      'The request is not a valid dovecote.test.v1.EchoRequest in JSON: duplicate object key "a".',
    );
  });

  test('names at most twenty fields', () => {
    expect(refusal(() => read({ userIds: Array.from({ length: 1_000 }, () => 1) })).fields).toHaveLength(20);
  });

  test('is nested too deeply', () => {
    const nested = `${'{"chosenEcho":'.repeat(5_000)}{}${'}'.repeat(5_000)}`;
    expect(() => read(nested)).toThrow();
    expect(() => read(`{"anything":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)).toThrow();
  });
});

describe('unknown fields', () => {
  const ignored = (json: JsonValue) => reader.read(bytes(json)).ignored;

  test.each<[JsonValue, string, string]>([
    [{ users: [] }, 'users', 'userIds'],
    [{ user: 'a' }, 'user', 'userIds'],
    [{ txet: 'a' }, 'txet', 'text'],
    [{ echoes: [{ past_mood: [] }] }, 'echoes[0].past_mood', 'pastMoods'],
    [{ Urgent: true }, 'Urgent', 'urgent'],
  ])('%j: %s is near %s', (json, field, meant) => {
    expect(ignored(json)).toEqual([{ field, meant }]);
    expect(reader.respell(bytes(json)).ignored).toEqual([{ field, meant }]);
  });

  test.each<JsonValue>([
    { somethingElse: 1 },
    { users: [], userIds: [] },
    { '': 1, '🕊': 1, 'a b': 1, [`text${'x'.repeat(1_000)}`]: 1 },
  ])('%j is near nothing', (json) => {
    expect(ignored(json)).toEqual([]);
  });

  test('are told five times at most, however many there are', () => {
    const json = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`text${index % 10}${'_'.repeat(index % 50)}`, 1]),
    );
    expect(ignored(json).length).toBeLessThanOrEqual(5);
  });
});

const mood = fc.constantFrom<JsonValue[]>('MOOD_GLAD', 'GLAD', 'glad', 'SAD', 1, 99, 1.5, null, true);
const scalar = fc.oneof(
  mood,
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.constantFrom<JsonValue[]>(
    null,
    true,
    '1',
    ' 1',
    '1e3',
    '-1',
    'NaN',
    'YQ==',
    '2027-02-30T00:00:00Z',
    '2028-02-29T00:00:00Z',
    '1s',
    '\ud800',
    [],
    {},
  ),
);
const names = [
  ...EchoRequestSchema.fields.flatMap(({ name, jsonName }) => [name, jsonName]),
  'users',
  'a',
  '1',
  'true',
  '__proto__',
];
const { echo } = fc.letrec<{ echo: JsonValue; value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(fc.oneof(scalar, tie('echo')), { maxLength: 3 }),
    tie('echo'),
  ),
  echo: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
}));

function outcome(read: () => EchoRequest): unknown {
  try {
    return toJson(EchoRequestSchema, read());
  } catch (error) {
    return { refused: (error as Error).message };
  }
}

test('generated JSON is read alike on both paths', () => {
  fc.assert(
    fc.property(echo, (json) => {
      const text = JSON.stringify(json);
      expect(outcome(() => readByConnect(text))).toEqual(outcome(() => read(text)));
    }),
    { numRuns: 2_000 },
  );
});

test('what is read of generated JSON is what protobuf-es reads, and nothing is dropped', () => {
  fc.assert(
    fc.property(echo, (json) => {
      const text = JSON.stringify(json);
      let message: EchoRequest;
      try {
        message = read(text);
      } catch {
        return;
      }
      // protobuf-es by itself counts some nulls as members of a oneof, and drops the short names.
      fc.pre(!/null|"GLAD"/.test(text));
      expect(message).toEqual(fromJsonString(EchoRequestSchema, text, { ignoreUnknownFields: true }));
    }),
    { numRuns: 2_000 },
  );
});
