import { MIMEType } from 'node:util';
import type { DescMethod } from '@bufbuild/protobuf';

export interface ContentType {
  /** In lower case and without parameters: `application/json` */
  readonly essence: string;
  readonly charset: string | undefined;
}

const CONNECT_UNARY = ['application/json', 'application/proto'];
const CONNECT_STREAM = ['application/connect+json', 'application/connect+proto'];
const GRPC = ['application/grpc', 'application/grpc-web', 'application/grpc-web-text'].flatMap((type) => [
  type,
  `${type}+proto`,
  `${type}+json`,
]);

/** Undefined for what is no media type. MIMEType reads parameters as browsers do: quoted, empty and unknown ones. */
export function readContentType(value: string | undefined): ContentType | undefined {
  try {
    const { essence, params } = new MIMEType(value ?? '');
    return { essence, charset: params.get('charset')?.trim().toLowerCase() };
  } catch {
    return undefined;
  }
}

export function contentTypesFor(kind: DescMethod['methodKind']): readonly string[] {
  return [...(kind === 'unary' ? CONNECT_UNARY : CONNECT_STREAM), ...GRPC];
}
