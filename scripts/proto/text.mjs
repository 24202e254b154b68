/**
 * Prints a proto2 or proto3 file descriptor as text: enough for a compiler to resolve types, encode options and
 * generate code. Options of the described elements are left out; nothing that imports the file needs them.
 */
import { isFieldSet } from '@bufbuild/protobuf';
import { FieldDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

const SCALARS = {
  1: 'double',
  2: 'float',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  6: 'fixed64',
  7: 'fixed32',
  8: 'bool',
  9: 'string',
  12: 'bytes',
  13: 'uint32',
  15: 'sfixed32',
  16: 'sfixed64',
  17: 'sint32',
  18: 'sint64',
};
const LABELS = { 1: 'optional ', 2: 'required ', 3: 'repeated ' };
const MAX_FIELD_NUMBER = 2 ** 29 - 1;

/** @param {import('@bufbuild/protobuf/wkt').FileDescriptorProto} file */
export function protoText(file) {
  return [
    `syntax = "${file.syntax || 'proto2'}";`,
    `package ${file.package};`,
    ...optionTexts(file.options),
    ...file.dependency.map((path) => `import "${path}";`),
    ...file.extension.flatMap((field) => block(`extend ${field.extendee}`, [fieldText(field)])),
    ...file.enumType.flatMap(enumText),
    ...file.messageType.flatMap(messageText),
    '',
  ].join('\n');
}

/**
 * Package options of the generated code, for languages that need them. Go needs a package path of a registry,
 * so it is set when Go code is generated (docs/how-to/clients-in-other-languages.md).
 */
function optionTexts({ javaPackage, javaOuterClassname, javaMultipleFiles }) {
  return [
    `option java_package = "${javaPackage}";`,
    `option java_outer_classname = "${javaOuterClassname}";`,
    `option java_multiple_files = ${javaMultipleFiles};`,
  ];
}

function messageText(message) {
  if (message.nestedType.some((nested) => nested.options?.mapEntry)) {
    throw new Error(`map fields are not supported: ${message.name}`);
  }
  const plain = message.field.filter((field) => oneofIndex(field) === undefined);
  return block(`message ${message.name}`, [
    ...message.enumType.flatMap(enumText),
    ...message.nestedType.flatMap(messageText),
    ...message.reservedRange.map((range) => `reserved ${rangeText(range.start, range.end - 1)};`),
    ...message.reservedName.map((name) => `reserved "${name}";`),
    ...message.extensionRange.map((range) => `extensions ${rangeText(range.start, range.end - 1)};`),
    ...plain.map((field) => fieldText(field)),
    ...message.oneofDecl.flatMap((oneof, index) => oneofText(oneof, message, index)),
  ]);
}

function oneofText(oneof, message, index) {
  const members = message.field.filter((field) => oneofIndex(field) === index);
  if (members.length === 0) return [];
  return block(
    `oneof ${oneof.name}`,
    members.map((field) => fieldText(field, '')),
  );
}

/** An unset oneofIndex reads as 0, the first oneof. */
function oneofIndex(field) {
  return isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) ? field.oneofIndex : undefined;
}

function fieldText(field, label = LABELS[field.label]) {
  const type = field.typeName || SCALARS[field.type];
  if (!type) throw new Error(`field type ${field.type} is not supported: ${field.name}`);
  return `${label}${type} ${field.name} = ${field.number};`;
}

function enumText(descriptor) {
  return block(
    `enum ${descriptor.name}`,
    descriptor.value.map((value) => `${value.name} = ${value.number};`),
  );
}

function rangeText(first, last) {
  return last >= MAX_FIELD_NUMBER ? `${first} to max` : `${first} to ${last}`;
}

function block(head, lines) {
  return [`${head} {`, ...lines.map((line) => `  ${line}`), '}'];
}
