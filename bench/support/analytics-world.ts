import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ActivityService } from '@dovecote/contract/shared/activity/v1/activity_pb';
import type { Client } from 'pg';
import { ownerOf } from './database.js';
import { Dovecote } from './dovecote.js';
import { connectTo, engineOf } from './engine.js';
import { ProductProcesses } from './product-processes.js';
import { type BenchProject, createProject } from './project.js';
import { withTemporaryFolder } from './temporary-folder.js';

/** A server with an empty project, and connections past it to both of its databases. */
export interface AnalyticsWorld {
  readonly project: BenchProject;
  readonly owner: Client;
  readonly engine: ClickHouseClient;
  readonly processes: ProductProcesses;
  /** Over the server's port, with a private key of the project, as Connect with binary messages. */
  readonly transport: Transport;
  /** The same with the key of SDKs. */
  readonly sdk: Transport;
}

/** Lends `work` a server, which ends with it. */
export function withAnalytics<T>(work: (world: AnalyticsWorld) => Promise<T>): Promise<T> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
    const owner = await ownerOf(dataDir);
    try {
      const project = await createProject(owner, 'Site');
      const transport = transportWith(server.url, project.private);
      // A question starts the engine.
      await createClient(ActivityService, transport).getEventExplorer({});
      const engine = connectTo(await engineOf(dataDir));
      const processes = ProductProcesses.of(server.pid);
      const sdk = transportWith(server.url, project.sdk);
      try {
        return await work({ project, owner, engine, processes, transport, sdk });
      } finally {
        await engine.close();
      }
    } finally {
      await owner.end();
      await server.stop();
    }
  });
}

/** Lets the server forget the answers that it gave, as a change of the project's events does. */
export async function forgetAnswers({ owner, project }: AnalyticsWorld): Promise<void> {
  await owner.query(
    `insert into analytics_version as known (org_id, project) values ($1, $2)
     on conflict (org_id, project) do update set version = known.version + 1`,
    [project.orgId, project.number],
  );
}

function transportWith(baseUrl: string, headers: Readonly<Record<string, string>>): Transport {
  const authorize: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
  return createConnectTransport({ baseUrl, httpVersion: '1.1', interceptors: [authorize] });
}
