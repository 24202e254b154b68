import { type DescFile, create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { loadFileDescriptorSetFromBuffer, type PackageDefinition } from '@grpc/proto-loader';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Answer } from './peer.js';

/** The contract as @grpc/proto-loader knows it, from the descriptors that the generated code carries. */
export function packageDefinition(answers: readonly Answer[]): PackageDefinition {
  const files = new Map<string, DescFile>();
  for (const { method } of answers) collect(method.parent.file, files);
  const set = create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) });
  return loadFileDescriptorSetFromBuffer(Buffer.from(toBinary(FileDescriptorSetSchema, set)));
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
