import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Exception } from '../exception.js';
import type { Run } from '../engine/engine.js';

/** What a request says beside its body. */
export interface Request {
  readonly path: string;
  readonly queryId: string;
  /** Undefined: the whole statement is in the body. */
  readonly query: string | undefined;
  readonly database: string | undefined;
  readonly format: string;
  readonly settings: Run['settings'];
  readonly parameters: Run['parameters'];
  readonly user: string;
  readonly password: string;
  readonly isCompressed: boolean;
  /** The answer begins after the statement has ended, with its counters. */
  readonly isWhole: boolean;
}

/** Parameters of the protocol itself, which are no settings of a statement. */
const reserved = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'stacktrace',
  'session_timeout',
  'session_check',
  'client_protocol_version',
  'buffer_size',
  'wait_end_of_query',
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_native_compression_disable_checksumming_on_decompress',
  'add_http_cors_header',
]);
const unsupported = ['session_id', 'role', 'compress', 'decompress'];
const parameterPrefix = 'param_';

/** Throws an Exception for what is not supported: sessions, roles, ClickHouse's own block compression. */
export function requestOf(message: IncomingMessage): Request {
  const url = new URL(message.url ?? '/', 'http://localhost');
  const given = [...url.searchParams];
  const one = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const header = (name: string): string | undefined => {
    const value = message.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  refuseUnsupported(url.searchParams);
  const settings = given.filter(([name]) => !reserved.has(name) && !unsupported.includes(name));
  const isReadOnly = message.method === 'GET' && one('readonly') === undefined;
  const [user, password] = basicOf(header('authorization')) ?? [
    header('x-clickhouse-user') ?? one('user') ?? 'default',
    header('x-clickhouse-key') ?? one('password') ?? '',
  ];
  return {
    path: url.pathname,
    queryId: one('query_id') || randomUUID(),
    query: one('query') || undefined,
    database: one('database') ?? header('x-clickhouse-database'),
    format: header('x-clickhouse-format') ?? one('default_format') ?? 'TabSeparated',
    settings: [
      ...settings.filter(([name]) => !name.startsWith(parameterPrefix)),
      ...(isReadOnly ? [['readonly', '2'] as const] : []),
    ],
    parameters: parametersOf(settings),
    user,
    password,
    isCompressed: isTrue(one('enable_http_compression')),
    isWhole: isTrue(one('wait_end_of_query')),
  };
}

export function parametersOf(fields: readonly (readonly [string, string])[]): Run['parameters'] {
  return fields
    .filter(([name]) => name.startsWith(parameterPrefix))
    .map(([name, value]) => [name.slice(parameterPrefix.length), value] as const);
}

function refuseUnsupported(parameters: URLSearchParams): void {
  const name = unsupported.find((one) => !['', '0', null].includes(parameters.get(one)));
  if (name === undefined) return;
  throw new Exception(48, 'NOT_IMPLEMENTED', `The embedded engine does not support the parameter ${name}.`);
}

function basicOf(authorization: string | undefined): [user: string, password: string] | undefined {
  const [scheme, value = ''] = authorization?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const [user = '', ...password] = Buffer.from(value, 'base64').toString().split(':');
  return [user, password.join(':')];
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}
