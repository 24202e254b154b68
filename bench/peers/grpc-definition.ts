import { clone, type DescFile, create, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { loadFileDescriptorSetFromBuffer, type PackageDefinition } from '@grpc/proto-loader';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Answer } from './peer.js';

/** The contract as @grpc/proto-loader knows it, from the descriptors that the generated code carries. */
export function packageDefinition(answers: readonly Pick<Answer, 'method'>[]): PackageDefinition {
  const files = new Map<string, DescFile>();
  for (const { method } of answers) collect(method.parent.file, files);
  const set = create(FileDescriptorSetSchema, {
    file: [...files.values()].map(({ proto }) => inCamelCase(proto)),
  });
  return loadFileDescriptorSetFromBuffer(Buffer.from(toBinary(FileDescriptorSetSchema, set)));
}

/** Names the fields as proto-loader does for proto files, which it does not do for descriptors. */
function inCamelCase(proto: FileDescriptorProto): FileDescriptorProto {
  const copy = clone(FileDescriptorProtoSchema, proto);
  copy.messageType.forEach(renameFields);
  return copy;
}

function renameFields({ field, nestedType }: DescriptorProto): void {
  for (const one of field) one.name = one.name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  nestedType.forEach(renameFields);
}

/** The answer as the plain object that proto-loader's servers send. */
export function plainAnswer(definition: PackageDefinition, { method, message }: Answer): object {
  const { responseDeserialize } = methodDefinition(definition, method.parent.typeName, method.name);
  return responseDeserialize(Buffer.from(toBinary(method.output, message)));
}

export function methodDefinition(
  definition: PackageDefinition,
  service: string,
  method: string,
): MethodDefinition<object, object> {
  const found = definition[service];
  if (!found || 'format' in found) throw new Error(`${service} is no service.`);
  // proto-loader's type of a service leaves its methods' messages open.
  return (found as Record<string, MethodDefinition<object, object>>)[method]!;
}

/** Dependencies first, as descriptor sets have them. */
function collect(file: DescFile, files: Map<string, DescFile>): void {
  for (const dependency of file.dependencies) collect(dependency, files);
  files.set(file.name, file);
}
