import { setTimeout as delay } from 'node:timers/promises';
import { Code, type Client, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';

/** Keeps the load below the limits of the organization. */
const PAUSE_MS = 50;

/** Clients that read and write without end, at one API after the other, as a load balancer would send them. */
export class SteadyLoad {
  /** Ids of roles whose creation was acknowledged. */
  readonly created: string[] = [];
  /** Calls that failed in a way that tells no client to try again. */
  readonly failures: string[] = [];
  calls = 0;
  retries = 0;
  private running = true;
  private readonly clients: Client<typeof RoleService>[];
  private readonly work: Promise<unknown>;

  constructor(urls: readonly string[], authorization: string) {
    const headers = { authorization };
    this.clients = urls.map((baseUrl) =>
      createClient(
        RoleService,
        createGrpcTransport({
          baseUrl,
          interceptors: [
            (next) => (request) => {
              for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
              return next(request);
            },
          ],
        }),
      ),
    );
    this.work = Promise.all([1, 2, 3].map((worker) => this.callOn(worker)));
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.work;
  }

  private async callOn(worker: number): Promise<void> {
    for (let n = 0; this.running; n += 1) {
      const name = `Steady ${worker} ${n}`;
      await this.call(n, async (client) => {
        if (n % 2 === 0) await client.listRoles({});
        else this.created.push((await client.createRole({ name, permissions: [13] })).role?.id ?? '');
      });
      await delay(PAUSE_MS);
    }
  }

  /** Tries the next server when one says, or shows, that it did not process the call. */
  private async call(n: number, make: (client: Client<typeof RoleService>) => Promise<void>): Promise<void> {
    this.calls += 1;
    for (let attempt = 0; ; attempt += 1) {
      const client = this.clients[(n + attempt) % this.clients.length];
      if (!client) throw new Error('There is no server');
      try {
        return await make(client);
      } catch (error) {
        if (!isRetryable(ConnectError.from(error)) || attempt > 20) {
          this.failures.push(String(error));
          return;
        }
        this.retries += 1;
        if (attempt >= this.clients.length) await delay(PAUSE_MS);
      }
    }
  }
}

/** The server says that it takes no calls, or nobody listens: nothing was processed. */
function isRetryable({ code, message }: ConnectError): boolean {
  // Under Jest connect-node does not recognize the errors of Node's core, and calls them internal.
  return code === Code.Unavailable || /ECONNREFUSED|REFUSED_STREAM/.test(message);
}
