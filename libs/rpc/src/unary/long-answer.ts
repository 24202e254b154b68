import {
  create,
  toBinary,
  toJsonString,
  type DescField,
  type DescMessage,
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

/** The lists of messages that an answer may have. */
export function listsOf(output: DescMessage): readonly DescField[] {
  return output.fields.filter((field) => field.fieldKind === 'list' && field.listKind === 'message');
}

/** The list because of which the answer is long, if it is. */
export function longListOf(lists: readonly DescField[], answer: object): DescField | undefined {
  return lists.find((field) => entriesOf(answer, field).length > LONG);
}

/**
 * The bytes of an answer with a long list, with pauses for the event loop. The list comes last: of a message in parts,
 * one after the other, protobuf appends the entries, and in JSON the order of members says nothing.
 */
export async function serializeInPieces(
  output: DescMessage,
  list: DescField,
  answer: object,
  json: Partial<JsonWriteStringOptions> | undefined,
): Promise<Uint8Array> {
  const others: Init = { ...answer, [list.localName]: [] };
  const pause = new EventLoopYield();
  const pieces: Uint8Array[] = [];
  const entries = entriesOf(answer, list);
  for (let start = 0; start < entries.length; start += PIECE) {
    const piece = create(output, { [list.localName]: entries.slice(start, start + PIECE) });
    pieces.push(json ? elementsOf(toJsonString(output, piece, json), start > 0) : toBinary(output, piece));
    await pause.whenDue();
  }
  const first = create(output, others);
  if (!json) return Buffer.concat([toBinary(output, first), ...pieces]);
  const head = toJsonString(output, first, json).slice(0, -1);
  const name = `${head === '{' ? '' : ','}${JSON.stringify(list.jsonName)}:[`;
  return Buffer.concat([encoder.encode(head + name), ...pieces, encoder.encode(']}')]);
}

/** What stands between the brackets of a message that is only a list. */
function elementsOf(text: string, continued: boolean): Uint8Array {
  const elements = text.slice(text.indexOf('[') + 1, text.lastIndexOf(']'));
  return encoder.encode(continued ? `,${elements}` : elements);
}

function entriesOf(answer: object, { localName }: DescField): readonly object[] {
  // The descriptor is met at run time; create checks what the entries are.
  const entries = (answer as Record<string, unknown>)[localName];
  return Array.isArray(entries) ? (entries as object[]) : [];
}
