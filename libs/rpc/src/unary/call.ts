import type { DescMethod, Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { queryParameterOf, type RpcCall, type RpcProtocol } from '../call.js';
import { failureKind, hideError, wellFormed, type Stage } from '../failure.js';
import { gzip } from '../gzip.js';
import { HeaderFields } from '../header-fields.js';
import type { IgnoredField } from '../json/findings.js';
import { isIterable } from '../invoke.js';
import type { Body, StopReading } from '../request-body.js';
import type { ParsedMessage } from './codec.js';
import type { WireMessage } from './envelope.js';
import type { Exchange } from './exchange.js';
import { answerByConnect } from './connect-fallback.js';
import type { Abortable } from './in-flight.js';
import type { Answer, Reply } from './protocol.js';
import type { UnaryRoute } from './route.js';
import type { RequestFormat } from './request-format.js';

/** A longer message is parsed in pieces. */
const LONG_MESSAGE_BYTES = 128 * 1024;

/** The longest that a timer can wait; further deadlines have no need of one. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A unary call from its request to its answer: what the handler sees of it, and its states. Whatever is unusual
 * about the request is left to the general path, which then has its whole body.
 */
export class UnaryCall implements RpcCall, Abortable {
  readonly deadline: number | undefined;
  ignored: readonly IgnoredField[] = [];
  readonly #route: UnaryRoute;
  readonly #exchange: Exchange;
  readonly #format: RequestFormat;
  #stage: 'admitting' | 'receiving' | 'handling' | 'over' = 'admitting';
  #stopReading: StopReading | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #abortReason: ConnectError | undefined;
  // Created on demand: most calls need few of them.
  #controller: AbortController | undefined;
  #header: HeaderFields | undefined;
  #responseHeader: HeaderFields | undefined;
  #responseTrailer: HeaderFields | undefined;

  constructor(route: UnaryRoute, exchange: Exchange, format: RequestFormat) {
    this.#route = route;
    this.#exchange = exchange;
    this.#format = format;
    if (format.timeoutMs !== undefined) this.deadline = Math.trunc(Date.now() + format.timeoutMs);
  }

  start(): void {
    this.#route.inFlight.add(this);
    this.#exchange.onClose(() => this.#onClose());
    if (this.#format.timeoutMs !== undefined) this.#startDeadline(this.#format.timeoutMs);
    if (this.#stage === 'over') return;
    this.#admit();
  }

  /** Nothing of the body is read before; what is remembered of the caller takes no waiting. */
  #admit(): void {
    try {
      const admitted = this.#route.admission?.admit(this);
      if (!admitted) return this.#read();
      admitted.then(
        () => this.#read(),
        (error: unknown) => this.#onError(error),
      );
    } catch (error) {
      this.#onError(error);
    }
  }

  #read(): void {
    if (this.#stage === 'over') return;
    this.#stage = 'receiving';
    this.#stopReading = this.#exchange.read(this.#route.bodyLimits, (body) => this.#onBody(body));
  }

  get method(): DescMethod {
    return this.#route.method;
  }

  get name(): string {
    return this.#route.name;
  }

  get protocol(): RpcProtocol {
    return this.#format.protocol.name;
  }

  get json(): boolean {
    return this.#format.json;
  }

  get address(): string {
    return this.#exchange.peer.address;
  }

  get proxied(): boolean {
    return this.#exchange.peer.proxied;
  }

  get listener(): string {
    return this.#exchange.peer.listener;
  }

  get header(): Headers {
    return (this.#header ??= new HeaderFields(this.#exchange.header));
  }

  queryParameter(name: string): string | undefined {
    return queryParameterOf(this.#exchange.url, name);
  }

  get responseHeader(): Headers {
    return (this.#responseHeader ??= new HeaderFields(this.#head()));
  }

  get responseTrailer(): Headers {
    return (this.#responseTrailer ??= new HeaderFields({}));
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortReason) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** Answers at once, even when the handler ignores its signal; what it returns later is dropped. */
  abort(reason: ConnectError): void {
    if (this.#stage === 'over' || this.#abortReason) return;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
    this.#failAborted(reason);
    this.#stopReading?.(reason);
  }

  #startDeadline(timeoutMs: number): void {
    const expire = (): void => this.abort(new ConnectError('the operation timed out', Code.DeadlineExceeded));
    if (timeoutMs <= 0) expire();
    else if (timeoutMs <= LONGEST_TIMER_MS) this.#deadlineTimer = setTimeout(expire, timeoutMs);
  }

  #onClose(): void {
    if (this.#stage !== 'over') this.abort(new ConnectError('the client canceled the call', Code.Canceled));
  }

  #onBody(body: Body): void {
    if (this.#stage === 'over') return;
    const { protocol, requestGzip } = this.#format;
    const { maxBytes } = this.#route.bodyLimits;
    const message = body instanceof Uint8Array ? protocol.open(body, requestGzip) : undefined;
    if (!message || message.data.length > maxBytes) this.#leave(body);
    else if (!message.compressed) this.#onMessage(message.data);
    else {
      gzip.decompress(message.data, maxBytes).then(
        (data) => this.#onMessage(data),
        () => this.#leave(body),
      );
    }
  }

  #onMessage(data: Uint8Array): void {
    if (this.#stage === 'over') return;
    const { codec } = this.#route;
    const { json } = this.#format;
    if (data.length > LONG_MESSAGE_BYTES) {
      codec.parseInPieces(data, json).then(
        (parsed) => this.#onParsed(parsed),
        (error: unknown) => this.#failToParse(error),
      );
      return;
    }
    let parsed: ParsedMessage;
    try {
      parsed = codec.parse(data, json);
    } catch (error) {
      return this.#failToParse(error);
    }
    this.#onParsed(parsed);
  }

  #failToParse(error: unknown): void {
    if (this.#stage === 'over') return;
    this.#fail(error instanceof ConnectError ? error : hideError(error), 'receiving');
  }

  #onParsed({ message, ignored }: ParsedMessage): void {
    if (this.#stage === 'over') return;
    this.ignored = ignored;
    this.#stage = 'handling';
    this.#handle(message);
  }

  #handle(request: Message): void {
    try {
      const answer = this.#route.handler(request, this);
      if (isIterable(answer)) throw new TypeError(`${this.name} is unary, but its handler returned a stream`);
      answer.then(
        (message) => this.#succeed(message),
        (error: unknown) => this.#onError(error),
      );
    } catch (error) {
      this.#onError(error);
    }
  }

  #succeed(message: object): void {
    if (this.#stage === 'over') return;
    try {
      const data = this.#route.codec.serialize(message, this.#format.json);
      if (data instanceof Uint8Array) return this.#finish(data);
      data.then(
        (bytes) => this.#finish(bytes),
        (error: unknown) => this.#failToSerialize(error),
      );
    } catch (error) {
      this.#failToSerialize(error);
    }
  }

  #failToSerialize(error: unknown): void {
    if (this.#stage === 'over') return;
    this.#fail(error instanceof ConnectError ? error : hideError(error));
  }

  #finish(data: Uint8Array): void {
    if (this.#stage === 'over') return;
    this.#end();
    const { acceptsGzip } = this.#format;
    if (!acceptsGzip || data.length < this.#route.compressMinBytes) {
      return this.#answer({ data, compressed: false });
    }
    gzip.compress(data).then(
      (zipped) => this.#answer({ data: zipped, compressed: true }),
      () => this.#exchange.abandon(),
    );
  }

  #onError(error: unknown): void {
    if (this.#stage === 'over') return;
    if (!(error instanceof ConnectError)) return this.#fail(hideError(error));
    this.#end();
    this.#send(() => this.#format.protocol.refuse(wellFormed(error), this.#reply()));
  }

  /** With a new error for every call: a shutdown is one reason for many. */
  #failAborted({ rawMessage, code }: ConnectError): void {
    this.#fail(new ConnectError(rawMessage, code));
  }

  /** Reports an error that the handler did not choose. */
  #fail(error: ConnectError, stage: Stage = 'handling'): void {
    this.#end();
    this.#send(() => {
      const kind = failureKind(error, stage);
      const { name, header, responseHeader, protocol, address, listener } = this;
      const call = { kind, name, header, responseHeader, protocol, address, listener };
      const described = wellFormed(this.#route.describeError(error, call));
      return this.#format.protocol.refuse(described, this.#reply());
    });
  }

  #answer(message: WireMessage): void {
    this.#send(() => this.#format.protocol.answer(message, this.#reply()));
  }

  #leave(body: Body): void {
    this.#end();
    void answerByConnect(this.#route.connectHandler, this.#exchange, body, this);
  }

  #end(): void {
    this.#stage = 'over';
    clearTimeout(this.#deadlineTimer);
    this.#route.inFlight.delete(this);
  }

  #send(answer: () => Answer): void {
    try {
      this.#exchange.send(answer());
    } catch {
      // The response could not be written, so the error cannot be reported.
      this.#exchange.abandon();
    }
  }

  #reply(): Reply {
    return {
      header: this.#responseHeader?.fields ?? this.#head(),
      trailer: this.#responseTrailer?.fields,
      errorBytes: this.#route.errorBytes,
    };
  }

  #head() {
    const { protocol, json, acceptsGzip } = this.#format;
    return protocol.head(json, acceptsGzip);
  }
}
