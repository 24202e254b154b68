import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.js';

interface Hold {
  readonly pattern: RegExp;
  readonly released: Promise<void>;
  count: number;
}

/** Between workers and an analytics engine: keeps statements back, so that a worker can be killed while it waits for one. */
export class HoldingProxy {
  private current: Hold | undefined;
  private readonly server: Server;

  private readonly engineUrl: () => string;

  private constructor(engineUrl: () => string) {
    this.engineUrl = engineUrl;
    this.server = createServer((incoming, outgoing) => {
      this.pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async start(engineUrl: () => string): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(engineUrl);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** CLICKHOUSE_URL of the workers. */
  get url(): string {
    const url = new URL(this.engineUrl());
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Keeps statements back that match, until the result is called: then they go on, also those of a dead worker. */
  hold(pattern: RegExp): () => void {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.current = { pattern, released, count: 0 };
    return () => {
      this.current = undefined;
      release();
    };
  }

  async holdsOne(): Promise<void> {
    await eventually(
      `${String(this.current?.pattern)} is held`,
      async () => (this.current?.count ?? 0) > 0,
      60_000,
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const hold = this.current;
    if (
      hold?.pattern.test(
        `${decodeURIComponent((incoming.url ?? '').replaceAll('+', ' '))}\n${body.toString()}`,
      )
    ) {
      hold.count += 1;
      await hold.released;
    }
    const { hostname, port } = new URL(this.engineUrl());
    const { method, headers, url } = incoming;
    const { 'transfer-encoding': _, ...rest } = headers;
    const sent = request({
      hostname,
      port,
      path: url,
      method,
      headers: { ...rest, 'content-length': body.length },
    });
    sent.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy()).pipe(outgoing);
    });
    sent.on('error', () => outgoing.destroy());
    outgoing.on('error', () => undefined);
    sent.end(body);
  }
}
