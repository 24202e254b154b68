import { describe, expect, test } from '@jest/globals';
import { type DescField, type DescMessage, getOption, ScalarType } from '@bufbuild/protobuf';
import { field as rulesOf } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { services } from '../../src/platform/access/index.js';
import { requestTexts } from '../../src/platform/text/index.js';

/** By these names people are named and things that people name; `provider_name` as well as `emails`. */
const naming = /(?:^|_)(?:names?|titles?|emails?|labels?)$/;
const texts = textsOfRequests();

describe('texts of requests', () => {
  test('that name something or somebody are read as src/platform/text/request-fields.ts decides', () => {
    const undecided = texts.filter(({ name }) => naming.test(name)).map(nameOf);
    expect(undecided.filter((name) => !requestTexts.has(name))).toEqual([]);
  });

  test('are decided about where there are any', () => {
    const known = new Set(texts.map(nameOf));
    expect([...requestTexts.keys()].filter((name) => !known.has(name))).toEqual([]);
  });

  test('that are read are bounded by the rules of the proto', () => {
    const read = texts.filter((field) => (requestTexts.get(nameOf(field)) ?? 'verbatim') !== 'verbatim');
    expect(read.length).toBeGreaterThan(40);
    expect(read.filter((field) => !(longestOf(field) <= 1000)).map(nameOf)).toEqual([]);
  });
});

function nameOf({ parent, name }: DescField): string {
  return `${parent.typeName}.${name}`;
}

function longestOf(field: DescField): number {
  const { type } = getOption(field, rulesOf);
  return type.case === 'string' ? Number(type.value.maxLen) : NaN;
}

/** Every text that a client can fill in, however deep. */
function textsOfRequests(): DescField[] {
  const seen = new Set<DescMessage>();
  const visit = (message: DescMessage): void => {
    if (seen.has(message) || message.typeName.startsWith('google.protobuf.')) return;
    seen.add(message);
    for (const field of message.fields) if (field.message) visit(field.message);
  };
  for (const { input } of services.flatMap(({ methods }) => methods)) visit(input);
  return [...seen]
    .flatMap((message) => message.fields)
    .filter((field) => field.fieldKind !== 'map' && field.scalar === ScalarType.STRING);
}
