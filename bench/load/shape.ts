/** One kind of call, as bytes: what is sent again and again, and what must come back. */
export interface CallShape {
  readonly http: 1 | 2;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In base64: it travels between processes as JSON. */
  readonly body: string;
  /** Length of the right answer; anything else counts as a failure. */
  readonly answerBytes: number;
}

export interface PassRequest {
  readonly port: number;
  readonly shape: CallShape;
  readonly seconds: number;
  /** Default: callsInFlight. */
  readonly inFlight?: number;
}

export interface PassResult {
  readonly calls: number;
  readonly failures: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time that the generator itself spent. */
  readonly generatorCpuMicros: number;
}

/** Calls in flight at any moment: over HTTP/1.1 a connection each, over HTTP/2 some streams on few connections. */
export const callsInFlight = 32;
export const http2Connections = 4;
