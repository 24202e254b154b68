import { describe, expect, test } from '@jest/globals';
import {
  create,
  createRegistry,
  equals,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
  type Message,
} from '@bufbuild/protobuf';
import {
  CreateCampaignRequestSchema,
  GetCampaignAudienceResponseSchema,
  ListCampaignsResponseSchema,
  UpdateCampaignRequestSchema,
} from '@dovecote/contract/pidgr/v1/campaign_pb';
import { binaryPieces } from './binary-pieces.js';
import { readBinary, readBinaryInPieces } from './binary.js';
import { MessageChecks } from './json/message.js';
import { jsonPieces } from './json/pieces.js';
import { JsonReader } from './json/reader.js';
import { listsOf, longListOf, serializeInPieces } from './unary/long-answer.js';

const MEMBERS = 5_000;
const members = Array.from({ length: MEMBERS }, (_, index) => ({
  userId: `user "${index}" \\ [{,}]`,
  variables: { place: String(index) },
}));
const draft = { name: 'To everybody', audience: members, workflow: { steps: [{ id: 'send' }] } };
const replacement = { campaignId: 'c', audienceReplacement: { members }, title: 'Title' };

const requests: [string, DescMessage, Message][] = [
  ['a list', CreateCampaignRequestSchema, create(CreateCampaignRequestSchema, draft)],
  [
    'texts',
    CreateCampaignRequestSchema,
    create(CreateCampaignRequestSchema, { userIds: members.map(({ userId }) => userId), name: 'n' }),
  ], // prettier-ignore - one case, one line
  ['a list inside', UpdateCampaignRequestSchema, create(UpdateCampaignRequestSchema, replacement)],
];

function drain<T>(work: Generator<undefined, T>): { result: T; pauses: number } {
  for (let pauses = 0; ; pauses += 1) {
    const step = work.next();
    if (step.done) return { result: step.value, pauses };
  }
}

function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}

const readerOf = (schema: DescMessage): JsonReader => {
  const registry = createRegistry(schema);
  return new JsonReader(schema, registry, new MessageChecks(registry));
};
const bytesOf = (text: string): Uint8Array => Buffer.from(text);

describe.each(requests)('a long request of %s', (_name, schema, message) => {
  test('is read in pieces from the binary format', () => {
    const { result, pauses } = drain(readBinaryInPieces(schema, toBinary(schema, message)));
    expect(equals(schema, result, message)).toBe(true);
    expect(pauses).toBeGreaterThan(3);
  });

  test('is read in pieces from JSON', () => {
    const { result, pauses } = drain(readerOf(schema).readInPieces(bytesOf(toJsonString(schema, message))));
    expect(equals(schema, result.message, message)).toBe(true);
    expect(pauses).toBeGreaterThan(3);
  });

  test.each([1, 2, 3, 100, 40_000])('is refused alike when it ends %i bytes early', (missing) => {
    const binary = toBinary(schema, message).subarray(0, -missing);
    expect(outcomeOf(() => drain(readBinaryInPieces(schema, binary)).result)).toEqual(
      outcomeOf(() => readBinary(schema, binary)),
    );
    const json = bytesOf(toJsonString(schema, message)).subarray(0, -missing);
    const reader = readerOf(schema);
    expect(outcomeOf(() => drain(reader.readInPieces(json)).result)).toEqual(
      outcomeOf(() => reader.read(json)),
    );
  });
});

describe('JSON that is wrong', () => {
  const good = JSON.stringify({ name: 'n', userIds: members.map(({ userId }) => userId) });
  const middle = good.indexOf('","', good.length / 2) + 1;
  const blank = ' '.repeat(50_000);
  test.each([
    ['a comma at the end', good.replace(/\]\}$/, ',]}')],
    ['a comma and much space at the end', good.replace(/\]\}$/, `,${blank}]}`)],
    ['two commas', `${good.slice(0, middle)},${good.slice(middle)}`],
    ['much space between two commas', `${good.slice(0, middle)},${blank}${good.slice(middle)}`],
    ['another bracket in the end', good.replace(/\]\}$/, '}}')],
    ['brackets in the wrong order', good.replace(/\]\}$/, ',{]}}')],
    ['the list twice', good.replace(/\}$/, ',"userIds":[]}')],
    ['a number among the texts', `${good.slice(0, middle)},1${good.slice(middle)}`],
    ['something behind it', `${good}[]`],
    ['a list for a message', `[${good}]`],
    ['an escape that does not exist', good.replace('user', '\\x')],
  ])('is refused in pieces as it is at once: %s', (_name, text) => {
    const reader = readerOf(CreateCampaignRequestSchema);
    const atOnce = outcomeOf(() => reader.read(bytesOf(text)));
    expect(atOnce).toBeInstanceOf(Error);
    expect(outcomeOf(() => drain(reader.readInPieces(bytesOf(text))).result)).toEqual(atOnce);
  });

  test('tells of unknown fields by their place in the whole', () => {
    const wrong = members.map((member, index) =>
      index === 3_333 ? { userId: member.userId, variable: 'x' } : member,
    );
    const text = bytesOf(JSON.stringify({ ...draft, audience: wrong }));
    const reader = readerOf(CreateCampaignRequestSchema);
    const { ignored } = drain(reader.readInPieces(text)).result;
    expect(ignored).toEqual(reader.read(text).ignored);
    expect(ignored).toMatchObject([{ field: 'audience[3333].variable' }]);
  });
});

test('what is short is not divided', () => {
  const message = create(CreateCampaignRequestSchema, { ...draft, audience: members.slice(0, 10) });
  const binary = toBinary(CreateCampaignRequestSchema, message);
  expect([...binaryPieces(CreateCampaignRequestSchema, binary)]).toHaveLength(1);
  expect(jsonPieces(bytesOf(toJsonString(CreateCampaignRequestSchema, message)))).toBeUndefined();
});

describe('a long answer', () => {
  const entries = members.map((member) => ({ member, email: 'é@acme.example', active: true }));
  const answers: [string, DescMessage, Record<string, unknown>][] = [
    ['nothing but a list', GetCampaignAudienceResponseSchema, { entries }],
    [
      'a list and more',
      ListCampaignsResponseSchema,
      { campaigns: members.map(({ userId }) => ({ id: userId })), pagination: { nextPageToken: '[{' } },
    ],
  ];

  test.each(answers)('with %s is the same in pieces', async (_name, schema, answer) => {
    const list = longListOf(listsOf(schema), answer);
    expect(list).toBeDefined();
    const whole = create(schema, answer);
    const binary = await serializeInPieces(schema, list!, answer, undefined);
    expect(equals(schema, fromBinary(schema, binary), whole)).toBe(true);
    const json = Buffer.from(await serializeInPieces(schema, list!, answer, {})).toString();
    expect(equals(schema, fromJsonString(schema, json), whole)).toBe(true);
  });

  test('does not have a short list', () => {
    const few = { entries: entries.slice(0, 1_000) };
    expect(longListOf(listsOf(GetCampaignAudienceResponseSchema), few)).toBeUndefined();
  });
});
