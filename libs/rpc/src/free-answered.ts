import { constants, type ServerHttp2Stream } from 'node:http2';

/**
 * Bytes that a client may still send of a request that is answered already: more than the largest request. Clients of
 * Node keep what a reset hindered them from sending for as long as their connection lives, and refuse all their streams
 * once that is 10 MB.
 */
const REST_BYTES = 32 * 1024 * 1024;

/**
 * Frees an HTTP/2 stream that is answered while its request still arrives. Node keeps such a stream, and the
 * data received, as long as the connection lives. Data that still arrives is dropped for a while before the
 * reset: an immediate reset might overtake the response, and some clients take it for the response.
 */
export function freeWhenAnswered(stream: ServerHttp2Stream, restMs: number): void {
  stream.once('wantTrailers', () => dropRest(stream, restMs));
  stream.once('finish', () => {
    // Without trailers; with them the answer is not over yet.
    if (!stream.readableEnded && stream.state.localClose) dropRest(stream, restMs);
  });
}

function dropRest(stream: ServerHttp2Stream, restMs: number): void {
  if (stream.readableEnded || stream.destroyed) return;
  let dropped = 0;
  // An earlier reader has paused the stream, or pauses it again; a paused stream never ends.
  const flow = (): void => void stream.resume();
  const end = (): void => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    flow();
  };
  const timer = setTimeout(end, restMs);
  stream.once('end', () => clearTimeout(timer));
  stream.once('close', () => clearTimeout(timer));
  stream.on('data', (chunk: Uint8Array) => {
    dropped += chunk.length;
    if (dropped > REST_BYTES) end();
    else flow();
  });
  flow();
}
