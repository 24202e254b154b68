import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';

export function protoText(file: FileDescriptorProto): string;
