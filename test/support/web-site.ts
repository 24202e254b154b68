import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A site with one page, on an origin that is not the server's. */
export interface WebSite {
  readonly origin: string;
  stop(): Promise<void>;
}

export async function startWebSite(html: string, hostname = '127.0.0.1'): Promise<WebSite> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${hostname}:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
