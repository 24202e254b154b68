/** A request that wants the server to work, to wait or to hold on to something. */
export interface HostileRequest {
  readonly name: string;
  readonly http: 1 | 2;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: () => Buffer;
  /** Without content-length. */
  readonly unannounced?: boolean;
  /** A server of Connect alone knows it as well. */
  readonly peer: boolean;
}

export interface Group {
  readonly title: string;
  /** Takes minutes: measured when that is asked for. */
  readonly large?: boolean;
  readonly requests: readonly HostileRequest[];
}
