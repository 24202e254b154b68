import { Code, ConnectError, createContextValues } from '@connectrpc/connect';
import type { UniversalServerRequest } from '@connectrpc/connect/protocol';
import { peerKey, type Peer } from './call.js';
import { PRESENTED_HTTP_VERSION } from './grpc-http1.js';
import { base64Bytes, grpcWebText, isGrpcWebText } from './grpc-web-text.js';
import type { RpcLimits } from './limits.js';
import { abandonRequest, isHttp1, requestHeaders, type NodeRequest, type NodeResponse } from './node-http.js';
import { discardRest, streamedBody, wholeBody } from './request-body.js';
import { writeResponse } from './response-writer.js';
import type { Route } from './routes.js';

/** Time for a client to finish sending a request that is already answered. */
const DISCARD_MS = 2_000;

/** One call: Node's request in, the protocol's handler, its answer out. */
export async function serveRoute(
  route: Route,
  request: NodeRequest,
  response: NodeResponse,
  peer: Peer,
  limits: RpcLimits,
): Promise<void> {
  const text = isGrpcWebText(request.headers['content-type'] ?? '');
  const handler = text ? grpcWebText(route.handler) : route.handler;
  try {
    const answer = await handler(universalRequest(route, request, response, peer, limits, text));
    if (
      isHttp1(response) &&
      !route.streamsRequests &&
      !(await discardRest(request, route.maxBytes, DISCARD_MS))
    ) {
      response.setHeader('Connection', 'close');
    }
    await writeResponse(answer, response, limits.responseIdleMs);
    if (!isHttp1(response) && !request.complete) response.once('finish', () => abandonRequest(request));
  } catch {
    // Handlers answer errors themselves; what arrives here is a connection that failed or does not read.
    abandonConnection(request, response);
  }
}

function universalRequest(
  route: Route,
  request: NodeRequest,
  response: NodeResponse,
  peer: Peer,
  limits: RpcLimits,
  text: boolean,
): UniversalServerRequest {
  const maxBytes = text ? base64Bytes(route.maxBytes) : route.maxBytes;
  return {
    httpVersion: PRESENTED_HTTP_VERSION,
    method: request.method ?? '',
    // Only path and query are ever read.
    url: `http://localhost${request.url ?? '/'}`,
    header: requestHeaders(request),
    body: route.streamsRequests
      ? streamedBody(request)
      : wholeBody(request, { maxBytes, idleMs: limits.requestIdleMs }),
    signal: closedSignal(response),
    contextValues: createContextValues().set(peerKey, peer),
  };
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
