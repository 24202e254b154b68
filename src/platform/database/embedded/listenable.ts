import { createServer } from 'node:net';

/** Where a server can listen: a port of this machine, or the path of a Unix socket. */
type Place = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Whether a server could listen there now. A port may be taken; the path of a socket may be too long for the operating
 * system, and some file systems, as those shared with a virtual machine, hold no sockets.
 */
export function listenable(place: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(place, () => probe.close(() => resolve(true)));
  });
}
