import { Code, ConnectError } from '@connectrpc/connect';
import type { UniversalHandlerFn } from '@connectrpc/connect/protocol';
import type { RpcCall } from '../call.js';
import { universalRequest } from '../exchange.js';
import { respellGrpcMessage } from '../grpc-message.js';
import { nodeHeaders } from '../node-http.js';
import type { Body } from '../request-body.js';
import type { Exchange } from './exchange.js';

/** Answers a request whose body has been read already with Connect's own handler. */
export async function answerByConnect(
  connectHandler: UniversalHandlerFn,
  exchange: Exchange,
  body: Body,
  admitted: RpcCall,
): Promise<void> {
  const gone = new AbortController();
  exchange.onClose(() => gone.abort(new ConnectError('the client canceled the call', Code.Canceled)));
  try {
    const { url, header, peer } = exchange;
    const answer = await connectHandler(
      universalRequest({
        method: 'POST',
        url,
        header,
        peer,
        body: replayed(body),
        signal: gone.signal,
        admitted,
      }),
    );
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body ?? []) chunks.push(chunk);
    if (answer.trailer) respellGrpcMessage(answer.trailer);
    exchange.send({
      status: answer.status,
      header: nodeHeaders(answer.header),
      body: Buffer.concat(chunks),
      trailer: answer.trailer && nodeHeaders(answer.trailer),
    });
  } catch {
    exchange.abandon();
  }
}

async function* replayed(body: Body): AsyncIterable<Uint8Array> {
  if (!(body instanceof Uint8Array)) throw body;
  if (body.length > 0) yield body;
}
