import { describe, expect, test } from '@jest/globals';
import { Code, ConnectError } from '@connectrpc/connect';
import { create, toBinary } from '@bufbuild/protobuf';
import { ListValueSchema, StructSchema, ValueSchema, type Value } from '@bufbuild/protobuf/wkt';
import { BatchCreateRequestSchema } from '@dovecote/contract/sdk/events/v1/events_pb';
import { CreateRoleRequestSchema } from '@dovecote/contract/pidgr/v1/role_pb';
import { checkBinary, checkJson } from './message-bounds.js';

const bounds = { depth: 10, elements: 100, members: 20 };

function codeOf(check: () => void): Code | 'within' {
  try {
    check();
  } catch (error) {
    return ConnectError.from(error).code;
  }
  return 'within';
}

const json = (text: string) => codeOf(() => checkJson(Buffer.from(text), bounds));
const binary = (bytes: Uint8Array, schema: Parameters<typeof checkBinary>[1]) =>
  codeOf(() => checkBinary(bytes, schema, bounds));

describe('JSON', () => {
  test.each([
    ['nothing', ''],
    ['as deep as may be', '['.repeat(10) + ']'.repeat(10)],
    ['as many as may be', `[${Array(100).fill(1).join(',')}]`],
    ['an object as wide as may be', `{${'"a":1,'.repeat(19)}"a":1}`],
    [
      'objects that are wide together',
      `[${Array(4)
        .fill(`{${'"a":1,'.repeat(18)}"a":1}`)
        .join(',')}]`,
    ],
    ['a list in an object', `{"a":[${Array(90).fill(1).join(',')}],"b":1}`],
    ['an end too many', `}}${'1,'.repeat(90)}`],
    ['a number as long as may be', `[${'1'.repeat(400)}]`],
    ['digits within a string', `"${'1'.repeat(500)}"`],
    ['brackets within a string', `"${'['.repeat(500)}"`],
    ['commas behind an escaped quote', `"\\"${','.repeat(500)}"`],
    ['a string that does not end', '"\\'],
    ['a thousand objects beside each other, were they fewer', `[${Array(40).fill('{}').join(',')}]`],
  ])('%s', (_what, text) => {
    expect(json(text)).toBe('within');
  });

  test.each([
    ['too deep, as lists', '['.repeat(2_000_000), Code.InvalidArgument],
    ['too deep, as objects', '{"a":'.repeat(11), Code.InvalidArgument],
    ['too long a number', `[${'1'.repeat(401)}]`, Code.InvalidArgument],
    ['too long a fraction', `[1.${'1'.repeat(401)}]`, Code.InvalidArgument],
    ['too many in a list', `[${'1,'.repeat(101)}`, Code.ResourceExhausted],
    ['too many of an object', `{${'"a":1,'.repeat(20)}"a":1}`, Code.ResourceExhausted],
    ['too many of an object in a list', `[1,{"b":[{},{}],${'"a":1,'.repeat(20)}`, Code.ResourceExhausted],
    ['too many lists', `[${'[],'.repeat(60)}`, Code.ResourceExhausted],
    ['too deep behind an escaped backslash', `["\\\\",${'['.repeat(10)}`, Code.InvalidArgument],
  ])('%s', (_what, text, code) => {
    expect(json(text)).toBe(code);
  });
});

describe('the list of a message', () => {
  const list = { field: 'events', items: 3 };
  const events = (count: number) =>
    create(BatchCreateRequestSchema, { events: Array.from({ length: count }, () => ({})) });
  const asJson = (text: string) => codeOf(() => checkJson(Buffer.from(text), { ...bounds, list }));
  const asBinary = (bytes: Uint8Array) =>
    codeOf(() => checkBinary(bytes, BatchCreateRequestSchema, { ...bounds, list }));

  test.each([
    ['empty', '{"events":[]}', 'within'],
    ['as long as may be', '{"events":[{},{"a":[1,2,3,4,5]},{}],"b":1,"c":{"d":1,"e":[1,2,3,4]}}', 'within'],
    ['too long', '{"events":[{},{},{},{}]}', Code.InvalidArgument],
    ['too long under an escaped name', '{"\\u0065vents":[{},{},{},{}]}', Code.InvalidArgument],
    ['too long in two parts', '{"events":[{},{}],"events":[{},{}]}', Code.InvalidArgument],
  ])('in JSON: %s', (_what, text, code) => {
    expect(asJson(text)).toBe(code);
  });

  test('in the binary format', () => {
    const bytes = (count: number) => toBinary(BatchCreateRequestSchema, events(count));
    expect([asBinary(bytes(3)), asBinary(bytes(4))]).toEqual(['within', Code.InvalidArgument]);
    expect(asBinary(Buffer.concat([bytes(2), bytes(2)]))).toBe(Code.InvalidArgument);
  });
});

describe('binary messages', () => {
  function nested(levels: number): Value {
    let value: Value = create(ValueSchema, { kind: { case: 'boolValue', value: true } });
    for (let level = 1; level < levels; level++) {
      value = create(ValueSchema, {
        kind: { case: 'listValue', value: create(ListValueSchema, { values: [value] }) },
      });
    }
    return value;
  }

  test.each([
    ['nothing', new Uint8Array(), 'within'],
    ['a truncated tag', new Uint8Array([0x80]), 'within'],
    ['a length beyond the end', new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), 'within'],
    ['an end of a group that never began', new Uint8Array([0x0c]), 'within'],
    ['many fields nobody knows', new Uint8Array(202).fill(0x78), Code.ResourceExhausted],
    ['many empty fields nobody knows', Buffer.from('7a00'.repeat(101), 'hex'), Code.ResourceExhausted],
    ['groups within groups', new Uint8Array(1_000_000).fill(0x7b), Code.InvalidArgument],
    [
      'many packed numbers',
      toBinary(CreateRoleRequestSchema, create(CreateRoleRequestSchema, { permissions: Array(101).fill(1) })),
      Code.ResourceExhausted,
    ],
    [
      'long text',
      toBinary(CreateRoleRequestSchema, create(CreateRoleRequestSchema, { name: '\x08'.repeat(10_000) })),
      'within',
    ],
  ])('%s', (_what, bytes, outcome) => {
    expect(binary(bytes, CreateRoleRequestSchema)).toBe(outcome);
  });

  test('follow known fields, maps among them', () => {
    expect(binary(toBinary(ValueSchema, nested(5)), ValueSchema)).toBe('within');
    expect(binary(toBinary(ValueSchema, nested(6)), ValueSchema)).toBe(Code.InvalidArgument);
    const struct = toBinary(
      StructSchema,
      create(StructSchema, {
        fields: { a: { kind: { case: 'listValue', value: { a: 1 } } } as never } as never,
      }),
    );
    expect(binary(struct, StructSchema)).toBe('within');
  });
});
