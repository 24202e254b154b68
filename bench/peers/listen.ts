import type { AddressInfo, Server } from 'node:net';

/** Listens on a free port and says which. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    // A server on a TCP port has an AddressInfo; only pipes answer with a string.
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
