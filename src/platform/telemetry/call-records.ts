import type { Code } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import type { Span } from '@opentelemetry/api';
import type { CallHead, FailedCall } from '@dovecote/rpc';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.js';
import { endSpan, spanOfCall, traceIdOf } from './tracing.js';

/** The data of a call that is recorded, whatever its result. */
export interface RecordedCall {
  /** `/pidgr.v1.RoleService/ListRoles` */
  readonly method: string;
  /** The wire protocol; `page` for calls from pages of this server. */
  readonly protocol: string;
  readonly address: string;
  readonly requestId: string;
  readonly header: Headers;
  /** By which the transport and the handler know that they speak of one call. */
  readonly responseHeader: Headers;
  /** Kind of the caller as it is known at the end. */
  caller(): string;
}

type FailedOrTurnedAway = CallHead & Pick<FailedCall, 'admittedAs'>;

/** One call on its way. The first to say how it ended is believed: a deadline ends it before its handler. */
export class CallRecord {
  private ended = false;
  private readonly beganAt = performance.now();

  constructor(
    readonly call: RecordedCall,
    readonly span: Span | undefined,
    private readonly onEnd: (record: CallRecord, code: string, milliseconds: number) => void,
  ) {}

  get traceId(): string | undefined {
    return traceIdOf(this.span);
  }

  /** Without a code it went well. */
  end(code?: Code): void {
    if (this.ended) return;
    this.ended = true;
    this.onEnd(this, code === undefined ? 'ok' : codeToString(code), performance.now() - this.beganAt);
  }
}

/** Counts every call, times it, writes its access line and its span, if they are asked for. */
export class CallRecords {
  private readonly open = new WeakMap<Headers, CallRecord>();

  constructor(
    private readonly metrics: Metrics,
    /** Absent where no access lines are wanted. */
    private readonly accessLog: Logger | undefined,
  ) {}

  /** Begins the record of a call, before its admission. */
  begin(call: RecordedCall): CallRecord {
    const { method, protocol, header, responseHeader } = call;
    const record = new CallRecord(call, spanOfCall(method, protocol, header), (...end) => this.note(...end));
    this.open.set(responseHeader, record);
    this.metrics.callsInFlight.inc();
    return record;
  }

  /** The trace of a call that was admitted, when tracing is on. */
  traceIdOf({ responseHeader, admittedAs }: FailedOrTurnedAway): string | undefined {
    return this.open.get(admittedAs?.responseHeader ?? responseHeader)?.traceId;
  }

  /** What the transport says of a call: it ends one that has a handler, or is all that there is to say. */
  failed(
    code: Code,
    { responseHeader, name, protocol, address, admittedAs }: FailedOrTurnedAway,
    known: boolean,
    requestId: string,
  ): void {
    const record = this.open.get(admittedAs?.responseHeader ?? responseHeader);
    if (record) return record.end(code);
    const text = codeToString(code);
    // The name comes from outside.
    this.metrics.calls.inc({ method: known ? name : 'unknown', code: text, protocol });
    const line = {
      method: known ? name : 'unknown',
      code: text,
      protocol,
      caller: 'unknown',
      requestId,
      address,
    };
    this.accessLog?.info(line, 'call');
  }

  private note({ call, span }: CallRecord, code: string, milliseconds: number): void {
    const { method, protocol, address, requestId } = call;
    this.metrics.callsInFlight.dec();
    this.metrics.calls.inc({ method, code, protocol });
    this.metrics.callSeconds.observe({ method }, milliseconds / 1000);
    endSpan(span, code === 'ok' ? undefined : code);
    if (!this.accessLog) return;
    const durationMs = Math.round(milliseconds * 1000) / 1000;
    this.accessLog.info(
      { method, code, protocol, caller: call.caller(), requestId, address, durationMs },
      'call',
    );
  }
}
