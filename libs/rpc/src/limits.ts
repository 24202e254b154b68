import type { ServerOptions as Http1Options } from 'node:http';
import type { ServerOptions as Http2Options } from 'node:http2';
import type { ListBound } from './message-bounds.js';

const KiB = 1024;
const MiB = 1024 * KiB;

export interface RpcLimits {
  /** Largest request message, before and after decompression. */
  requestBytes: number;
  /** Exceptions to requestBytes, by name: `/pidgr.v1.CampaignService/CreateCampaign`. */
  requestBytesFor: Readonly<Record<string, number>>;
  /** Levels of messages, objects and arrays inside each other in a request message. */
  requestDepth: number;
  /** Fields and elements of a request message together; parsing allocates for each. */
  requestElements: number;
  /** Members of one JSON object in a request message: of a message or a map. */
  requestMembers: number;
  /** Exceptions to requestElements, by name. */
  requestElementsFor: Readonly<Record<string, number>>;
  /** The bounds of lists of request messages, by name of the method. */
  requestListFor: Readonly<Record<string, ListBound>>;
  /** Size of a request's header list on either HTTP version, counted as HTTP/2 does (32 bytes a field). */
  headerBytes: number;
  concurrentStreams: number;
  /** Responses below this size are not worth compressing. */
  compressMinBytes: number;
  /** Time from a connection's first byte until it shows which HTTP version it speaks, and for a TLS handshake. */
  peekTimeoutMs: number;
  /** Time for an HTTP/1.1 request's headers. */
  headersTimeoutMs: number;
  /** Time for a whole HTTP/1.1 request. */
  requestTimeoutMs: number;
  /** Longest pause within a request body. */
  requestIdleMs: number;
  /** Time for a client to finish sending a request that is answered already. */
  requestRestMs: number;
  /** Longest time that a client may leave a response unread. */
  responseIdleMs: number;
  /** A connection without traffic, from its start or after calls, is closed after this time. */
  connectionIdleMs: number;
}

export const defaultLimits: RpcLimits = {
  requestBytes: 4 * MiB,
  requestBytesFor: {},
  requestDepth: 100,
  requestElements: 20_000,
  requestMembers: 2_000,
  requestElementsFor: {},
  requestListFor: {},
  headerBytes: 16 * KiB,
  concurrentStreams: 100,
  compressMinBytes: KiB,
  peekTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 300_000,
  requestIdleMs: 30_000,
  requestRestMs: 2_000,
  responseIdleMs: 120_000,
  connectionIdleMs: 300_000,
};

export function http1Options(limits: RpcLimits): Http1Options {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.connectionIdleMs,
    connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, 5_000),
  };
}

/** Each line answers a known flood; a session that exceeds one is ended, the others do not notice. */
export function http2Options(limits: RpcLimits): Http2Options {
  return {
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.concurrentStreams,
      maxHeaderListSize: limits.headerBytes,
      initialWindowSize: 256 * KiB,
    },
    // No additional bound: the header list of 16 KiB holds fewer fields, each of which counts 32 bytes
    // besides its text.
    maxHeaderListPairs: Math.ceil(limits.headerBytes / 32),
    maxSessionMemory: 16,
    maxSettings: 16,
    maxOutstandingPings: 10,
    peerMaxConcurrentStreams: limits.concurrentStreams,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    // Rapid reset (CVE-2023-44487): generous enough for a proxy that multiplexes impatient clients.
    streamResetBurst: 500,
    streamResetRate: 50,
    unknownProtocolTimeout: limits.peekTimeoutMs,
  };
}
