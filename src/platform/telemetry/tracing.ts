import {
  context,
  propagation,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api';

/** Ends the traces: what has not been sent yet is sent. */
export type StopTracing = () => Promise<void>;

let tracing = false;

/**
 * Starts OpenTelemetry's SDK, which reads the usual OTEL_ variables itself. It is loaded only when it is wanted: it takes
 * longer than the rest of the start.
 */
export async function startTracing(): Promise<StopTracing> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({
    serviceName: process.env.OTEL_SERVICE_NAME ?? 'dovecote',
    // Spans are our own; figures are told by /metrics, and lines by the log.
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  tracing = true;
  return () => sdk.shutdown();
}

const headers: TextMapGetter<Headers> = {
  get: (carrier, key) => carrier.get(key) ?? undefined,
  keys: (carrier) => [...carrier.keys()],
};

/** A span of a call, child of the caller's span if the header has one; undefined when tracing is off. */
export function spanOfCall(name: string, protocol: string, header: Headers): Span | undefined {
  if (!tracing) return undefined;
  const [service = '', method = ''] = name.slice(1).split('/');
  const attributes = { 'rpc.system': protocol, 'rpc.service': service, 'rpc.method': method };
  const parent = propagation.extract(context.active(), header, headers);
  return start(name.slice(1), { kind: SpanKind.SERVER, attributes }, parent);
}

export function spanOfJob(task: string): Span | undefined {
  return tracing ? start(task, { kind: SpanKind.CONSUMER, attributes: { 'job.task': task } }) : undefined;
}

/** A statement that the running call or job sends; its text and values stay here. */
export function spanOfStatement(name: string): Span | undefined {
  if (!tracing || !trace.getActiveSpan()) return undefined;
  return start(name, { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } });
}

export function inSpan<T>(span: Span | undefined, work: () => T): T {
  return span ? context.with(trace.setSpan(context.active(), span), work) : work();
}

/** By which a client's report finds the trace; undefined when tracing is off. */
export function traceIdOf(span: Span | undefined): string | undefined {
  return span?.spanContext().traceId;
}

/** `code` is absent when all went well. Messages may hold what a span must not: they stay in the log. */
export function endSpan(span: Span | undefined, code?: string): void {
  if (!span) return;
  if (code !== undefined) span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function start(name: string, options: SpanOptions, parent = context.active()): Span {
  return trace.getTracer('dovecote').startSpan(name, options, parent);
}
