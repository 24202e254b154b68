import { join } from 'node:path';
import type { Client } from 'pg';
import { ownerOf } from './database.js';
import { Dovecote } from './dovecote.js';
import { Stores } from './product.js';
import { withTemporaryFolder } from './temporary-folder.js';

const CONNECTIONS = 8;

/** Lends `work` the stores on the database of a server of its own, and a connection of the database's owner. */
export function withStores<T>(work: (stores: Stores, owner: Client) => Promise<T>): Promise<T> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    const stores = await Stores.connect(dataDir, CONNECTIONS);
    try {
      return await work(stores, owner);
    } finally {
      await stores.end();
      await owner.end();
      await server.stop();
    }
  });
}
