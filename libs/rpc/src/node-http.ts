import { ServerResponse, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Fields } from './header-fields.js';

export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

export function isHttp1(response: NodeResponse): response is ServerResponse {
  return response instanceof ServerResponse;
}

/** HTTP/2 pseudo-headers are left out. */
export function requestHeaders(fields: IncomingHttpHeaders): Headers {
  const header = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) header.append(name, one);
  }
  return header;
}

/** Size as HTTP/2 counts it: names, values and 32 bytes a field. */
export function headerListBytes(rawHeaders: readonly string[]): number {
  let bytes = 0;
  for (const part of rawHeaders) bytes += part.length + 16;
  return bytes;
}

/** The target of a request without scheme and host, which every server has to accept (RFC 9112, section 3.2.2). */
export function originForm(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*\/?/i, '/');
}

export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** Ends an HTTP/2 stream that cannot be answered; HTTP/1.1 closes the connection instead. */
export function abandonRequest(request: NodeRequest): void {
  if ('stream' in request) request.stream.close(constants.NGHTTP2_CANCEL);
  else request.destroy();
}

/** As Node writes them. */
export function nodeHeaders(header: Headers | undefined): Fields {
  const result: Fields = {};
  header?.forEach((value, name) => {
    // Headers joins repeated fields with a comma, except cookies, which it reports one by one.
    if (name !== 'set-cookie') result[name] = value;
  });
  const cookies = header?.getSetCookie() ?? [];
  if (cookies.length > 0) result['set-cookie'] = cookies;
  return result;
}

export function setFields(response: NodeResponse, fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) response.setHeader(name, value);
  }
}
