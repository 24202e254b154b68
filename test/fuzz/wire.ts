import type { DescMethod } from '@bufbuild/protobuf';
import { methodName } from '../../src/platform/access/index.js';

export type Format = 'connect' | 'grpc-web';

export interface Reply {
  /** Of the protocol: `ok`, `not_found`, … */
  readonly code: string;
  /** Everything that came back, status line apart, decoded wherever it may be encoded. */
  readonly text: string;
  readonly requestId: string;
}

/** Longer than any call of the fuzz takes on a busy machine. */
const DEADLINE_MS = 20_000;

const grpcCodes =
  'ok canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss unauthenticated'.split(
    ' ',
  );

/** One call over HTTP/1.1, whose answer is kept to the last byte. Rejects when there is no answer in time. */
export async function send(
  url: string,
  method: DescMethod,
  request: { format: Format; json: boolean; body: Uint8Array; headers: Record<string, string> },
): Promise<Reply> {
  const { format, json, body, headers } = request;
  const enveloped = format === 'grpc-web' || method.methodKind !== 'unary';
  const prefix = format === 'grpc-web' ? 'grpc-web+' : enveloped ? 'connect+' : '';
  const response = await fetch(`${url}${methodName(method)}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': `application/${prefix}${json ? 'json' : 'proto'}` },
    body: Buffer.from(enveloped ? envelope(body) : body),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const fields = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  return {
    code: codeOf(response, bytes, enveloped, format),
    text: decoded(`${fields}\n${bytes.toString('utf8')}`),
    requestId: response.headers.get('x-request-id') ?? '',
  };
}

function envelope(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function codeOf(response: Response, bytes: Buffer, enveloped: boolean, format: Format): string {
  if (!enveloped) return response.ok ? 'ok' : errorCode(bytes.toString(), response.status);
  const end = lastFrame(bytes);
  if (format === 'connect')
    return response.ok ? errorCode(end, 200) : errorCode(bytes.toString(), response.status);
  const status = response.headers.get('grpc-status') ?? /grpc-status: ?(\d+)/i.exec(end)?.[1];
  return status === undefined ? `HTTP ${response.status}` : (grpcCodes[Number(status)] ?? `status ${status}`);
}

/** Of Connect's JSON: an error, or the end of a stream, which may hold one. */
function errorCode(text: string, httpStatus: number): string {
  try {
    const { code, error } = JSON.parse(text);
    return error?.code ?? code ?? (httpStatus === 200 ? 'ok' : `HTTP ${httpStatus}`);
  } catch {
    return `HTTP ${httpStatus}`;
  }
}

function lastFrame(bytes: Buffer): string {
  let frame = '';
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = bytes.readUInt32BE(at + 1);
    frame = bytes.toString('utf8', at + 5, at + 5 + length);
    at += 5 + length;
  }
  return frame;
}

/** With what stands in it in base64, as details of errors and bytes in JSON do, and percent-encoded. */
function decoded(text: string): string {
  const hidden = (text.match(/[\w+/-]{16,}={0,2}/g) ?? []).map((part) =>
    Buffer.from(part, 'base64').toString('utf8'),
  );
  const percent = text.replace(/%([0-9A-F]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return [text, percent, ...hidden].join('\n');
}
