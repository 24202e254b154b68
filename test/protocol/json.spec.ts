import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toBinary, create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { errorFromJsonBytes } from '@connectrpc/connect/protocol-connect';
import { CountRequestSchema, EchoRequestSchema } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { BadRequestSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { EchoServer } from './support/echo-server.js';
import { envelope, http1 } from './support/raw.js';
import { type RawProtocol, rawProtocols } from './support/raw-rpc.js';

const SERVICE = '/dovecote.test.v1.EchoService';
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const fast = new EchoServer();
const general = new EchoServer({ unaryFastPath: false });
beforeAll(() => Promise.all([fast.start(), general.start()]));
afterAll(() => Promise.all([fast.stop(), general.stop()]));

interface Verdict {
  code?: Code;
  message?: string;
  fields?: string[];
}

const verdictOf = (error: ConnectError | undefined): Verdict =>
  error === undefined
    ? {}
    : {
        code: error.code,
        message: error.rawMessage,
        fields: error
          .findDetails(BadRequestSchema)
          .flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field)),
      };

/** A way in which a body reaches the server. */
interface Door {
  name: string;
  send(body: Buffer): Promise<Verdict>;
}

function post(name: string, echo: EchoServer, protocol: RawProtocol, format = 'json', rpc = 'Echo'): Door {
  return {
    name,
    async send(body) {
      const type = protocol.contentType + format;
      const data = protocol.enveloped ? envelope(body) : body;
      const response = await http1(echo.port, `${SERVICE}/${rpc}`, { 'content-type': type }, data);
      return verdictOf(protocol.error(response));
    },
  };
}

const get = (name: string, echo: EchoServer): Door => ({
  name,
  async send(body) {
    const query = `connect=v1&encoding=json&base64=1&message=${body.toString('base64url')}`;
    const response = await http1(echo.port, `${SERVICE}/Echo?${query}`, {}, '', 'GET');
    return verdictOf(
      response.status === 200
        ? undefined
        : errorFromJsonBytes(response.body, undefined, new ConnectError('')),
    );
  },
});

const [connect, connectStream, grpc, grpcWeb] = rawProtocols as [
  RawProtocol,
  RawProtocol,
  RawProtocol,
  RawProtocol,
];
const doors = [
  post('Connect', fast, connect),
  post('Connect without the fast path', general, connect),
  post('gRPC', fast, grpc),
  post('gRPC-Web', fast, grpcWeb),
  get('Connect GET', fast),
];

const refused: [string | Buffer, string[]][] = [
  ['{"mood":"SAD"}', ['mood']],
  ['{"mood":"glad"}', ['mood']],
  ['{"pastMoods":["GLAD","SAD"]}', ['pastMoods[1]']],
  ['{"moodOf":{"a":"SAD"}}', ['moodOf["a"]']],
  ['{"chosenMood":"SAD"}', ['chosenMood']],
  ['{"chosenEcho":{"echoes":[{"mood":"SAD"}]}}', ['chosenEcho.echoes[0].mood']],
  ['{"at":"2027-02-30T00:00:00Z","mood":"SAD"}', ['at', 'mood']],
  ['{"at":"2027-01-31T24:00:00Z"}', ['at']],
  ['{"lasts":"1sec"}', ['lasts']],
  ['{"text":"\\ud800"}', ['text']],
  ['{"userIds":["a","\\udc00"]}', ['userIds[1]']],
  ['{"chosenText":"a","chosenMood":1}', ['chosenMood']],
  ['{"text":1}', ['text']],
  [Buffer.from([...Buffer.from('{"text":"'), 0xff, ...Buffer.from('"}')]), []],
  [Buffer.from([...Buffer.from('{"unknown":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]), []],
  ['{"text":"a","text":"b"}', []],
  ['{"text":', []],
  ['null', []],
  ['', []],
];
const accepted = [
  '{}',
  '{"mood":"GLAD","pastMoods":["MOOD_GLAD","TIRED",3,99],"moodOf":{"a":"GLAD"}}',
  '{"chosenMood":null,"chosenText":"a"}',
  '{"mood":null,"text":null,"echoes":null}',
  '{"unknown":{"mood":"SAD"},"users":[]}',
  '{"at":"2028-02-29T23:59:59.999999999+14:00","lasts":"-1.5s"}',
  '\ufeff{"text":"a"}',
];

describe.each(doors)('JSON over $name', (door) => {
  test.each(refused)('%s is refused', async (body, fields) => {
    const verdict = await door.send(Buffer.from(body));
    expect(verdict).toMatchObject({ code: Code.InvalidArgument, fields });
    expect(verdict.message).not.toMatch(/cannot decode|Empty/);
    expect(verdict).toEqual(await doors[0]?.send(Buffer.from(body)));
  });

  test.each(accepted)('%s is accepted', async (body) => {
    expect(await door.send(Buffer.from(body))).toEqual({});
  });
});

test('a stream is asked for as strictly', async () => {
  const door = post('Connect streams', fast, connectStream, 'json', 'Count');
  expect(await door.send(Buffer.from('{"to":1,"mood":"GLAD"}'))).toEqual({});
  expect(await door.send(Buffer.from('{"to":1,"mood":"SAD"}'))).toMatchObject({
    code: Code.InvalidArgument,
    fields: ['mood'],
  });
});

const values = fc.constantFrom<unknown[]>(
  'MOOD_GLAD',
  'GLAD',
  'SAD',
  1,
  99,
  1.5,
  null,
  true,
  '',
  'a',
  '\ud800',
  [],
  {},
  ['GLAD'],
  ['SAD', null],
  { a: 'GLAD' },
  { 1: 'SAD' },
  [{ mood: 'SAD' }],
  '2027-02-30T00:00:00Z',
  '2028-02-29T00:00:00Z',
  '1s',
);
const bodies = fc
  .dictionary(
    fc.constantFrom(
      ...EchoRequestSchema.fields.flatMap(({ name, jsonName }) => [name, jsonName]),
      'users',
      '__proto__',
    ),
    values,
    { maxKeys: 4 },
  )
  .map((json) => Buffer.from(JSON.stringify(json)));

test(`generated JSON is judged alike everywhere (SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const [first, ...others] = await Promise.all(doors.map((door) => door.send(body)));
      for (const verdict of others) expect(verdict).toEqual(first);
    }),
    { seed, numRuns: 150 },
  );
});

describe.each(rawProtocols)('bytes that are no message over $name', (protocol) => {
  const rpc = protocol === connectStream ? 'Count' : 'Echo';
  const type = `dovecote.test.v1.${rpc}Request`;
  const door = post(protocol.name, fast, protocol, 'proto', rpc);
  const nested = (depth: number): Buffer => {
    let inner = Buffer.alloc(0);
    for (let level = 0; level < depth; level++) {
      // Field 9, chosen_echo.
      const length: number[] = [];
      for (let rest = inner.length; length.length === 0 || rest > 0; rest >>= 7) {
        length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      }
      inner = Buffer.concat([Buffer.from([0x4a, ...length]), inner]);
    }
    return inner;
  };

  test.each<[string, Buffer, string]>([
    ['end too early', Buffer.from([0x12, 5, 1]), 'it ends in the middle of a field'],
    ['end within a tag', Buffer.from([0x80]), 'it ends in the middle of a field'],
    [
      'have no such type of field',
      Buffer.from([0x0f]),
      'a field in it has a number or a type that does not exist',
    ],
    ['have field 0', Buffer.from([0x00, 0x00]), 'a field in it has a number or a type that does not exist'],
    [
      'have too long a number',
      Buffer.from([0x18, ...Array.from({ length: 11 }, () => 0xff), 1]),
      'a number in it is longer than 10 bytes',
    ],
  ])('%s', async (_what, body, why) => {
    const { code, message } = await door.send(body);
    expect(code).toBe(Code.InvalidArgument);
    expect(message).toBe(`The request is not a valid ${type} in the binary format: ${why}.`);
  });

  if (rpc === 'Echo') {
    test('hold a text of other bytes', async () => {
      const { code, message } = await door.send(Buffer.from([0x0a, 1, 0xff]));
      expect(code).toBe(Code.InvalidArgument);
      expect(message).toBe(
        `The request is not a valid ${type} in the binary format: a text in it is not valid UTF-8.`,
      );
    });

    // Found before the message is parsed, by the bounds that hold for every message.
    test('are nested too deeply', async () => {
      const { code, message } = await door.send(nested(150));
      expect(code).toBe(Code.InvalidArgument);
      expect(message).toBe('the message is nested deeper than 100 levels');
    });
  }

  test('are told from those that are one', async () => {
    const message =
      rpc === 'Echo'
        ? toBinary(EchoRequestSchema, create(EchoRequestSchema, { text: 'ü' }))
        : toBinary(CountRequestSchema, create(CountRequestSchema, { to: 1 }));
    expect(await door.send(Buffer.from(message))).toEqual({});
  });
});
