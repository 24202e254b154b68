import type { DescMessage, Message } from '@bufbuild/protobuf';
import { isReflectMessage, reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';

/** Whether the lists and maps of a message, however deep, hold more than `limit` elements together. */
export function holdsMoreThan(limit: number, schema: DescMessage, message: Message): boolean {
  const elements = elementsOf(reflect(schema, message));
  for (let count = 0; count <= limit; count += 1) if (elements.next().done) return false;
  return true;
}

/** Lazily, so that counting stops at the limit. */
function* elementsOf(message: ReflectMessage): Generator<unknown> {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === 'message') yield* elementsOf(message.get(field));
    if (field.fieldKind !== 'list' && field.fieldKind !== 'map') continue;
    for (const element of message.get(field).values()) {
      yield element;
      if (isReflectMessage(element)) yield* elementsOf(element);
    }
  }
}

/** Whether a list of the message, or of the messages inside it, has more than `limit` elements. */
export function hasListOver(limit: number, schema: DescMessage, message: Message): boolean {
  // The descriptor says what the message holds; its type is known to its handler only.
  const values = message as unknown as Readonly<Record<string, unknown>>;
  return schema.fields.some((field) => {
    const value = values[field.localName];
    if (field.fieldKind === 'list') return (value as unknown[]).length > limit;
    return field.fieldKind === 'message' && value
      ? hasListOver(limit, field.message, value as Message)
      : false;
  });
}
