import type { IncomingHttpHeaders } from 'node:http';
import { Code, ConnectError, createContextValues } from '@connectrpc/connect';
import type { UniversalServerRequest } from '@connectrpc/connect/protocol';
import { peerKey, type Peer, type RpcCall } from './call.js';
import { readContentType } from './content-type.js';
import { admittedKey, readingKey } from './gate.js';
import { PRESENTED_HTTP_VERSION } from './grpc-http1.js';
import { base64Bytes, grpcWebText, isGrpcWebText } from './grpc-web-text.js';
import type { RpcLimits } from './limits.js';
import { closeLingering } from './lingering-close.js';
import { abandonRequest, isHttp1, requestHeaders, type NodeRequest, type NodeResponse } from './node-http.js';
import { discardRest, streamedBody, wholeBody, type Reading } from './request-body.js';
import { writeResponse } from './response-writer.js';
import type { Route } from './routes.js';
import { receiveShortRest } from './short-rest.js';

export interface RequestParts {
  method: string;
  url: string;
  header: IncomingHttpHeaders;
  body: AsyncIterable<Uint8Array>;
  /** The body, while it is still being read. */
  reading?: Reading;
  signal: AbortSignal;
  peer: Peer;
  /** The call, if it has been admitted already. */
  admitted?: RpcCall;
}

/** One call: Node's request in, the protocol's handler, its answer out. */
export async function serveRoute(
  route: Route,
  request: NodeRequest,
  response: NodeResponse,
  peer: Peer,
  limits: RpcLimits,
): Promise<void> {
  const text = isGrpcWebText(request.headers['content-type'] ?? '');
  const reading: Reading = {};
  const handler = text ? grpcWebText(route.handler, base64Bytes(route.maxBytes)) : route.handler;
  try {
    const answer = await handler(
      universalRequest({
        method: request.method ?? '',
        url: request.url ?? '/',
        header: plainlyTyped(request),
        body: requestBody(route, request, limits, text, reading),
        reading,
        signal: closedSignal(response),
        peer,
      }),
    );
    if (!route.streamsRequests) await receiveRest(route, request, response, limits);
    await writeResponse(answer, response, limits.responseIdleMs);
  } catch {
    // Handlers answer errors themselves; what arrives here is a connection that failed or does not read.
    abandonConnection(request, response);
  }
}

async function receiveRest(
  { maxBytes }: Route,
  request: NodeRequest,
  response: NodeResponse,
  { requestRestMs }: RpcLimits,
): Promise<void> {
  if (!isHttp1(response)) await receiveShortRest(request);
  else if (!(await discardRest(request, maxBytes, requestRestMs))) closeLingering(response, requestRestMs);
}

/** What the protocol layer reads of a request. */
export function universalRequest({
  method,
  url,
  header,
  body,
  signal,
  peer,
  reading,
  admitted,
}: RequestParts): UniversalServerRequest {
  return {
    httpVersion: PRESENTED_HTTP_VERSION,
    method,
    // Only path and query are ever read.
    url: `http://localhost${url}`,
    header: requestHeaders(header),
    body,
    signal,
    contextValues: createContextValues()
      .set(peerKey, peer)
      .set(readingKey, reading)
      .set(admittedKey, admitted),
  };
}

/** Connect takes few spellings of a content type, and a GET request has nothing that could have one. */
function plainlyTyped({ method, headers }: NodeRequest): IncomingHttpHeaders {
  const { 'content-type': contentType, ...others } = headers;
  const type = method === 'POST' ? readContentType(contentType) : undefined;
  return type ? { ...others, 'content-type': type.essence } : others;
}

function requestBody(
  route: Route,
  request: NodeRequest,
  limits: RpcLimits,
  text: boolean,
  reading: Reading,
): AsyncIterable<Uint8Array> {
  const maxBytes = text ? base64Bytes(route.maxBytes) : route.maxBytes;
  return route.streamsRequests
    ? streamedBody(request)
    : wholeBody(request, { maxBytes, idleMs: limits.requestIdleMs }, reading);
}

/** Aborted when the exchange is over; before the answer that means that the client went away. */
function closedSignal(response: NodeResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () =>
    controller.abort(new ConnectError('the client canceled the call', Code.Canceled)),
  );
  return controller.signal;
}

function abandonConnection(request: NodeRequest, response: NodeResponse): void {
  if (isHttp1(response)) response.destroy();
  else abandonRequest(request);
}
