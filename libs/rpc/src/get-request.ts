import { base64Decode } from '@bufbuild/protobuf/wire';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { inspect, type RequestBounds } from './inspect-request.js';

/**
 * Checks the message of a GET request: connect reports invalid base64 as an internal error, and parses any
 * size.
 */
export async function checkGetMessage(
  { requestMethod, url, method }: HandlerContext,
  bounds: RequestBounds,
): Promise<void> {
  if (requestMethod !== 'GET') return;
  const query = new URL(url).searchParams;
  if (query.get('base64') !== '1') return;
  const message = decoded(query.get('message') ?? '');
  if (query.get('encoding') === 'proto') {
    await inspect(message, query.get('compression') === 'gzip', method, bounds);
  }
}

function decoded(message: string): Uint8Array {
  try {
    return base64Decode(message);
  } catch {
    throw new ConnectError('the message of the query is not valid base64', Code.InvalidArgument);
  }
}
