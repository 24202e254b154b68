import {
  create,
  toBinary,
  toJson,
  toJsonString,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonWriteStringOptions,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import { EventLoopYield } from '../event-loop-yield.js';

/** Entries that are serialized without a pause: some milliseconds of work. */
const PIECE = 500;
/** Answers with a longer list are serialized in pieces. */
const LONG = 2 * PIECE;

const encoder = new TextEncoder();

type Init = MessageInitShape<DescMessage>;
export type ListOfMessages = Extract<DescField, { fieldKind: 'list'; listKind: 'message' }>;

/** The lists of messages that an answer may have. */
export function listsOf(output: DescMessage): readonly ListOfMessages[] {
  return output.fields.filter(
    (field): field is ListOfMessages => field.fieldKind === 'list' && field.listKind === 'message',
  );
}

/** The list because of which the answer is long, if it is. */
export function longListOf(lists: readonly ListOfMessages[], answer: object): ListOfMessages | undefined {
  return lists.find((field) => entriesOf(answer, field).length > LONG);
}

/**
 * The bytes of an answer with a long list, with pauses for the event loop. The list comes last: of a message in parts,
 * one after the other, protobuf appends the entries, and in JSON the order of members says nothing.
 */
export async function serializeInPieces(
  output: DescMessage,
  list: ListOfMessages,
  answer: object,
  json: Partial<JsonWriteStringOptions> | undefined,
): Promise<Uint8Array> {
  const others: Init = { ...answer, [list.localName]: [] };
  const pause = new EventLoopYield();
  const pieces: Uint8Array[] = [];
  const entries = entriesOf(answer, list);
  for (let start = 0; start < entries.length; start += PIECE) {
    const some = entries.slice(start, start + PIECE);
    pieces.push(
      json
        ? elementsOf(list, some, json, start > 0)
        : toBinary(output, create(output, { [list.localName]: some })),
    );
    await pause.whenDue();
  }
  const first = create(output, others);
  if (!json) return Buffer.concat([toBinary(output, first), ...pieces]);
  // A message of several fields is an object in JSON; written with zeros, it names the empty list.
  const { [list.jsonName]: _, ...rest } = toJson(output, first, json) as JsonObject;
  const head = JSON.stringify(rest).slice(0, -1);
  const name = `${head === '{' ? '' : ','}${JSON.stringify(list.jsonName)}:[`;
  return Buffer.concat([encoder.encode(head + name), ...pieces, encoder.encode(']}')]);
}

function elementsOf(
  { message }: ListOfMessages,
  entries: readonly object[],
  json: Partial<JsonWriteStringOptions>,
  continued: boolean,
): Uint8Array {
  const elements = entries
    .map((entry) => toJsonString(message, create(message, entry as Init), json))
    .join(',');
  return encoder.encode(continued ? `,${elements}` : elements);
}

function entriesOf(answer: object, { localName }: DescField): readonly object[] {
  // The descriptor is met at run time; create checks what the entries are.
  const entries = (answer as Record<string, unknown>)[localName];
  return Array.isArray(entries) ? (entries as object[]) : [];
}
