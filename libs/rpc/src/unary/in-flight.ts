import { Code, ConnectError } from '@connectrpc/connect';

export interface Abortable {
  abort(reason: ConnectError): void;
}

/** The calls that a shutdown ends. A set: a listener on the shutdown's signal would cost each call far more. */
export class CallsInFlight {
  readonly #calls = new Set<Abortable>();

  constructor(shutdown: AbortSignal) {
    shutdown.addEventListener('abort', () => {
      const reason = ConnectError.from(shutdown.reason, Code.Unavailable);
      for (const call of [...this.#calls]) call.abort(reason);
    });
  }

  add(call: Abortable): void {
    this.#calls.add(call);
  }

  delete(call: Abortable): void {
    this.#calls.delete(call);
  }
}
