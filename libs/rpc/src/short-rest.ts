import { discardRest, type Incoming } from './request-body.js';

/** The rest of a call that was refused by its header: most messages are shorter, and are on the way with it. */
const REST_BYTES = 64 * 1024;
const REST_MS = 100;

/**
 * Waits for the end of an HTTP/2 request that is answered early, if it is near. A stream that ends with its answer
 * gives its slot back before the client knows; one that ends with its request keeps it until the packet is processed
 * (Node 24), and the stream that the client has opened in its place, in the same packet, is reset as one too many.
 */
export async function receiveShortRest(request: Incoming): Promise<void> {
  await discardRest(request, REST_BYTES, REST_MS);
}
