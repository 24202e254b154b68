import { setTimeout as delay } from 'node:timers/promises';
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
  type HealthCheckRequest,
} from '@dovecote/contract/grpc/health/v1/health_pb';

const WATCH_INTERVAL_MS = 1_000;

export interface HealthOptions {
  /** Full names of the services served; the empty name stands for the server as a whole. */
  services: readonly string[];
  isServing(service: string): boolean | Promise<boolean>;
  /** From here on nothing is serving and watchers are let go. */
  draining: AbortSignal;
}

/** grpc.health.v1 */
export class HealthChecks {
  readonly #options: HealthOptions;
  readonly #names: ReadonlySet<string>;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#names = new Set(['', ...options.services]);
  }

  register(router: ConnectRouter): void {
    router.service(Health, {
      check: (request) => this.#check(request),
      list: () => this.#list(),
      watch: (request, context) => this.#watch(request, context),
    });
  }

  async #check({ service }: HealthCheckRequest): Promise<{ status: ServingStatus }> {
    const status = await this.#status(service);
    if (status === ServingStatus.SERVICE_UNKNOWN) {
      throw new ConnectError(`unknown service ${service}`, Code.NotFound);
    }
    return { status };
  }

  async #list(): Promise<{ statuses: Record<string, { status: ServingStatus }> }> {
    const statuses = await Promise.all(
      [...this.#names].map(async (name) => [name, { status: await this.#status(name) }] as const),
    );
    return { statuses: Object.fromEntries(statuses) };
  }

  /** Sends the status now and at every change. */
  async *#watch(
    { service }: HealthCheckRequest,
    context: HandlerContext,
  ): AsyncIterable<{ status: ServingStatus }> {
    const { draining } = this.#options;
    const stop = AbortSignal.any([context.signal, draining]);
    let sent: ServingStatus | undefined;
    while (!context.signal.aborted) {
      const status = await this.#status(service);
      if (status !== sent) yield { status };
      sent = status;
      if (draining.aborted) throw new ConnectError('server is shutting down', Code.Unavailable);
      await delay(WATCH_INTERVAL_MS, undefined, { signal: stop, ref: false }).catch(() => undefined);
    }
  }

  async #status(service: string): Promise<ServingStatus> {
    if (!this.#names.has(service)) return ServingStatus.SERVICE_UNKNOWN;
    if (this.#options.draining.aborted) return ServingStatus.NOT_SERVING;
    return (await this.#options.isServing(service)) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }
}
