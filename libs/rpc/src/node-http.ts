import { ServerResponse, type IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';

export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

export function isHttp1(response: NodeResponse): response is ServerResponse {
  return response instanceof ServerResponse;
}

/** HTTP/2 pseudo-headers are left out. */
export function requestHeaders(request: NodeRequest): Headers {
  const header = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) header.append(name, one);
  }
  return header;
}

/** Size as HTTP/2 counts it: names, values and 32 bytes a field. */
export function headerListBytes(request: NodeRequest): number {
  let bytes = 0;
  for (const part of request.rawHeaders) bytes += part.length + 16;
  return bytes;
}

export function requestPath(request: NodeRequest): string {
  const url = request.url ?? '';
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** Ends an HTTP/2 stream whose request nobody will read; HTTP/1.1 closes the connection instead. */
export function abandonRequest(request: NodeRequest): void {
  if ('stream' in request) request.stream.close(constants.NGHTTP2_NO_ERROR);
  else request.destroy();
}
