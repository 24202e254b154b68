const HEADER = 'grpc-message';
/** All that the gRPC specification wants encoded: the percent sign and what is not printable ASCII. */
const UNPRINTABLE = /[^\x20-\x24\x26-\x7e]+/g;

/**
 * connect encodes every reserved character in grpc-message; grpc-js decodes those with decodeURI, which
 * leaves "%2F" and "%3A" in the text that people read.
 */
export function respellGrpcMessage(trailer: Headers): void {
  const encoded = trailer.get(HEADER);
  if (encoded) trailer.set(HEADER, decodeURIComponent(encoded).replace(UNPRINTABLE, encodeURIComponent));
}
