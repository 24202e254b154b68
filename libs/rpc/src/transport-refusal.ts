import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { DescMethod } from '@bufbuild/protobuf';
import { contentTypesFor, readContentType } from './content-type.js';
import type { FailureKind } from './failure.js';
import type { Fields } from './header-fields.js';
import type { NodeRequest } from './node-http.js';

/** How a method may be called. */
export interface Callable {
  readonly verbs: readonly string[];
  readonly contentTypes: readonly string[];
}

/** Why a request is no call of any protocol. */
export interface TransportRefusal {
  readonly kind: FailureKind;
  readonly status: number;
  readonly message: string;
  readonly header?: Fields;
}

const ENCODINGS = ['json', 'proto'];
const UTF_8 = ['utf-8', 'utf8'];

export const headerTooLarge: TransportRefusal = {
  kind: 'header_too_large',
  status: 431,
  message: 'The header of the request is too large; send fewer or shorter fields.',
};

export const notFound: TransportRefusal = {
  kind: 'method_unknown',
  status: 404,
  message: 'No method has this path; calls are POST requests to /<package>.<Service>/<Method>.',
};

export function callable({ methodKind, idempotency }: DescMethod): Callable {
  const readable = methodKind === 'unary' && idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  return {
    verbs: readable ? ['GET', 'POST'] : ['POST'],
    contentTypes: contentTypesFor(methodKind),
  };
}

export function transportRefusal(
  { verbs, contentTypes }: Callable,
  { method = '', url = '', headers }: Pick<NodeRequest, 'method' | 'url' | 'headers'>,
): TransportRefusal | undefined {
  if (!verbs.includes(method)) {
    const message = `${method} does not call this method; send ${verbs.join(' or ')}.`;
    return { kind: 'http_method_not_allowed', status: 405, message, header: { allow: verbs.join(', ') } };
  }
  const wrong = method === 'GET' ? wrongQuery(url) : wrongContentType(headers['content-type'], contentTypes);
  if (wrong === undefined) return undefined;
  return {
    kind: 'content_type_unsupported',
    status: 415,
    message: wrong,
    header: { 'accept-post': contentTypes.join(', ') },
  };
}

function wrongQuery(url: string): string | undefined {
  const encoding = new URL(url, 'http://localhost').searchParams.get('encoding');
  if (encoding !== null && ENCODINGS.includes(encoding)) return undefined;
  return 'The query of a GET request must say encoding=json or encoding=proto.';
}

function wrongContentType(value: string | undefined, supported: readonly string[]): string | undefined {
  if (!value) return `The Content-Type is missing; send one of ${supported.join(', ')}.`;
  const type = readContentType(value);
  if (!type || !supported.includes(type.essence)) {
    return `The Content-Type ${JSON.stringify(value)} is not supported; send one of ${supported.join(', ')}.`;
  }
  // Binary messages have no charset: the parameter is ignored like any other.
  if (!type.essence.endsWith('json') || !type.charset || UTF_8.includes(type.charset)) return undefined;
  return `The charset ${JSON.stringify(type.charset)} is not supported; JSON is sent in UTF-8.`;
}
