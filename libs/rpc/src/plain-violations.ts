import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { errorToJson } from '@connectrpc/connect/protocol-connect';
import type { UniversalHandlerFn, UniversalServerResponse } from '@connectrpc/connect/protocol';
import { isObject } from './json/check.js';

const BAD_REQUEST = 'google.rpc.BadRequest';
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
  // Connect wrote it just now.
  const json = JSON.parse(Buffer.concat(chunks).toString()) as JsonValue;
  const body = encoder.encode(JSON.stringify(withPlainViolations(json)));
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
