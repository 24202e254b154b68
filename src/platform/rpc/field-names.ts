import type { DescMessage } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';

/** A name, an index or a key in brackets; a key may hold any character. */
const step = /\["(?:[^"\\]|\\.)*"\]|\[[^\]]*\]|[^.[]+/g;

/** `audience[3].user_id` as JSON has it: `audience[3].userId`. Keys of maps stay as they are. */
export function inJsonNames(path: string, schema: DescMessage): string {
  let message: DescMessage | undefined = schema;
  return path.replaceAll(step, (name) => {
    if (name.startsWith('[')) return name;
    const field = message?.fields.find((known) => known.name === name || known.jsonName === name);
    message = field?.message;
    // A path may also name a oneof, or something of our own making: camel case is JSON's rule for all names.
    return field?.jsonName ?? protoCamelCase(name);
  });
}
