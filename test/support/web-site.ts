import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A site on an origin that is not the server's. */
export interface WebSite {
  readonly origin: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

export interface WebFile {
  type: string;
  content: string | Uint8Array;
  headers?: Readonly<Record<string, string>>;
}

/** `html` answers every path that is not among `files`. */
export async function startWebSite(
  html: string | WebFile,
  hostname = '127.0.0.1',
  files: Readonly<Record<string, WebFile>> = {},
): Promise<WebSite> {
  const page = typeof html === 'string' ? { type: 'text/html; charset=utf-8', content: html } : html;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    const file = files[path] ?? page;
    response.writeHead(200, { 'content-type': file.type, ...file.headers }).end(file.content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${hostname}:${port}`,
    requests,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
