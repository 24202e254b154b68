import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { errorToJson } from '@connectrpc/connect/protocol-connect';
import type { UniversalHandlerFn, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { gzip } from './gzip.js';
import { isObject } from './json/check.js';

const BAD_REQUEST = 'google.rpc.BadRequest';
/** More than any error has. */
const MOST_BYTES = 16 * 1024 * 1024;
const encoder = new TextEncoder();

/** An error of Connect in JSON, its violations also readable without a library: see ServiceTraits. */
export function plainErrorBytes(error: ConnectError): Uint8Array {
  return encoder.encode(JSON.stringify(withPlainViolations(errorToJson(error, undefined))));
}

/** Writes errors so that come from Connect's own handler. */
export function plainErrors(handler: UniversalHandlerFn): UniversalHandlerFn {
  return async (request) => {
    const answer = await handler(request);
    return isConnectError(answer) ? rewritten(answer) : answer;
  };
}

/** Errors of the other protocols have the status 200. */
function isConnectError({ status, header }: UniversalServerResponse): boolean {
  return status >= 400 && header?.get('content-type') === 'application/json';
}

async function rewritten(answer: UniversalServerResponse): Promise<UniversalServerResponse> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body ?? []) chunks.push(chunk);
  const written = Buffer.concat(chunks);
  // Connect wrote it just now, and compresses a long error, too. The fast path sends errors as they are.
  const isZipped = answer.header?.get('content-encoding') === gzip.name;
  const plain = isZipped ? await gzip.decompress(written, MOST_BYTES) : written;
  const json = JSON.parse(Buffer.from(plain).toString()) as JsonValue;
  const body = encoder.encode(JSON.stringify(withPlainViolations(json)));
  answer.header?.delete('content-encoding');
  if (answer.header?.has('content-length')) answer.header.set('content-length', String(body.length));
  return { ...answer, body: once(body) };
}

function withPlainViolations(json: JsonValue): JsonValue {
  if (!isObject(json) || !Array.isArray(json['details'])) return json;
  return {
    ...json,
    details: json['details'].map((detail) => ({ ...(detail as JsonObject), ...violationOf(detail) })),
  };
}

/** Connect puts the JSON of each detail that it knows into `debug`. */
function violationOf(detail: JsonValue): JsonObject | undefined {
  if (!isObject(detail) || detail['type'] !== BAD_REQUEST) return undefined;
  const { debug } = detail;
  const violations = isObject(debug ?? null) ? (debug as JsonObject)['fieldViolations'] : undefined;
  if (!Array.isArray(violations) || violations.length !== 1) return undefined;
  const { field = '', description = '' } = violations[0] as JsonObject;
  return { field, description };
}

async function* once(body: Uint8Array): AsyncIterable<Uint8Array> {
  yield body;
}
