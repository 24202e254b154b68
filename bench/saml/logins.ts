import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { newSpKey, type SamlConnection, type SpKey } from '@dovecote/saml';
import { ownerOf } from '../support/database.js';
import { Dovecote } from '../support/dovecote.js';
import type { Effort } from '../support/effort.js';
import { addMembers } from '../support/people.js';
import { cpuMicros, descendantsCpuMicros } from '../support/process-usage.js';
import { figure, ratio, type Table } from '../support/report.js';
import { adminEmail, Person } from '../support/sign-in.js';
import { median } from '../support/statistics.js';
import { withTemporaryFolder } from '../support/temporary-folder.js';
import { bareNodeSaml } from './bare.js';
import { metadataOf } from './metadata.js';
import { samlConnection, samlResponse } from './response.js';

const MEMBERS = 300;
/** Browsers that arrive at once. */
const IN_FLIGHT = [1, 8] as const;
/** As many as take about a second. */
const LOGINS_A_SECOND = 60;
/** Until the compiler knows what is hot; node-saml has had its turns before. */
const WARM_UP = 400;
/** Calls and signatures in advance, at once. */
const PREPARED_AT_ONCE = 8;
const WAY_BACK = 'http://127.0.0.1:1/signed-in';

/** A form that a browser is about to post. */
interface Arrival {
  readonly body: string;
  readonly response: string;
}

/** Microseconds of processor time each: of the server, of its database, of node-saml for the same responses. */
interface Pass {
  readonly perSecond: number;
  readonly cpu: number;
  readonly databaseCpu: number;
  readonly bareCpu: number;
}

/** Logins at the ACS of a server that has the core to itself, of members whom their organization knows. */
export function measureLogins({ seconds, passes }: Effort): Promise<Table> {
  return withTemporaryFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled'), alone: true });
    try {
      const provider = await Provider.connect(server, dataDir);
      const count = Math.ceil(seconds * LOGINS_A_SECOND);
      const rows: string[][] = [];
      for (const inFlight of IN_FLIGHT) {
        await measureOnce(server, provider, WARM_UP, inFlight);
        const measured: Pass[] = [];
        while (measured.length < passes) measured.push(await measureOnce(server, provider, count, inFlight));
        rows.push(rowOf(inFlight, measured));
      }
      return {
        title: 'Logins at the ACS',
        head: [
          'at once',
          'logins per second',
          'Dovecote, CPU µs',
          'PostgreSQL, CPU µs',
          'node-saml, CPU µs',
          'of node-saml',
        ],
        rows,
      };
    } finally {
      await server.stop();
    }
  });
}

function rowOf(inFlight: number, passes: readonly Pass[]): string[] {
  const medianOf = (of: (pass: Pass) => number): number => median(passes.map(of));
  const [cpu, bareCpu] = [medianOf((pass) => pass.cpu), medianOf((pass) => pass.bareCpu)];
  const others = [medianOf((pass) => pass.databaseCpu), bareCpu].map((value) => figure(value));
  const perSecond = figure(medianOf((pass) => pass.perSecond));
  return [String(inFlight), perSecond, figure(cpu), ...others, ratio(bareCpu, cpu)];
}

async function measureOnce(
  server: Dovecote,
  provider: Provider,
  count: number,
  inFlight: number,
): Promise<Pass> {
  const arrivals = await provider.prepare(count);
  const [cpuBefore, databaseBefore, begin] = [
    cpuMicros(server.pid),
    descendantsCpuMicros(server.pid),
    performance.now(),
  ];
  await inParallel(arrivals, inFlight, (arrival) => provider.arrive(arrival));
  const seconds = (performance.now() - begin) / 1000;
  const cpu = (cpuMicros(server.pid) - cpuBefore) / count;
  const databaseCpu = (descendantsCpuMicros(server.pid) - databaseBefore) / count;
  return { perSecond: count / seconds, cpu, databaseCpu, bareCpu: await provider.bareCpu(arrivals) };
}

/** Plays the identity provider of the demo organization, and the browsers that come from it. */
class Provider {
  private readonly acsUrl: string;

  private constructor(
    private readonly server: Dovecote,
    private readonly key: SpKey,
    private readonly connection: SamlConnection,
    private readonly providerName: string,
  ) {
    this.acsUrl = server.url + new URL(connection.acsUrl).pathname;
  }

  /** The metadata is uploaded, and the domain believed: nobody is asked over the network. */
  static async connect(server: Dovecote, dataDir: string): Promise<Provider> {
    const key = await newSpKey('idp', new Date());
    const admin = await Person.signIn(server.url, adminEmail);
    const connections = createClient(ConnectionService, await admin.transport());
    const plain = samlConnection(key, key);
    const { connection } = await connections.createConnection({
      name: 'Bench',
      settings: { case: 'saml', value: { metadataXml: metadataOf(plain.idp.entityId, key) } },
    });
    const { id: connectionId, serviceProvider } = connection!;
    await connections.updateConnection({ connectionId, state: ConnectionState.ACTIVE });
    const providerName = await arrange(dataDir, connection!);
    const { acsUrl, entityId: spEntityId } = serviceProvider!;
    return new Provider(server, key, { ...plain, acsUrl, spEntityId }, providerName);
  }

  /** Logins that have been begun, answered by the provider. */
  async prepare(count: number): Promise<Arrival[]> {
    const { startSsoSignIn } = createClient(
      SsoSignInService,
      createGrpcTransport({ baseUrl: this.server.url }),
    );
    const arrivals: Arrival[] = [];
    const numbers = Array.from({ length: count }, (_, number) => number);
    await inParallel(numbers, PREPARED_AT_ONCE, async (number) => {
      const { url } = await startSsoSignIn({
        hint: { case: 'providerName', value: this.providerName },
        redirectUri: WAY_BACK,
        codeChallenge: 'x'.repeat(43),
      });
      arrivals.push(this.answer(new URL(url).searchParams, number));
    });
    return arrivals;
  }

  async arrive({ body }: Arrival): Promise<void> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(this.acsUrl, { method: 'POST', headers, body, redirect: 'manual' });
    const location = answer.headers.get('location') ?? '';
    if (answer.status === 303 && location.startsWith(`${WAY_BACK}?code=`)) return;
    throw new Error(`A login was answered with ${answer.status} ${location}: ${await answer.text()}`);
  }

  async bareCpu(arrivals: readonly Arrival[]): Promise<number> {
    const bare = bareNodeSaml(this.connection, 'assertion');
    const before = process.cpuUsage();
    for (const { response } of arrivals) await bare.validatePostResponseAsync({ SAMLResponse: response });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / arrivals.length;
  }

  private answer(query: URLSearchParams, number: number): Arrival {
    const request = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString();
    const response = samlResponse(this.connection, this.key, {
      signed: 'assertion',
      attributes: 5,
      now: new Date(),
      request: / ID="([^"]+)"/.exec(request)?.[1],
      nameId: `reader-sso${(number % MEMBERS) + 1}@acme.example`,
    });
    const fields = { SAMLResponse: response, RelayState: query.get('RelayState') ?? '' };
    return { response, body: new URLSearchParams(fields).toString() };
  }
}

/** Members, and a domain of theirs that counts as proven. Answers by which name clients call the connection. */
async function arrange(dataDir: string, { id }: Connection): Promise<string> {
  const owner = await ownerOf(dataDir);
  try {
    const { rows } = await owner.query<{ orgId: string; providerName: string }>(
      `select org_id as "orgId", provider_name as "providerName" from sso_connection where id = $1`,
      [id],
    );
    const { orgId, providerName } = rows[0]!;
    await addMembers(owner, orgId, MEMBERS, 'sso');
    await owner.query(
      `insert into sso_domain (org_id, name, challenge, verified_at, created_at)
       values ($1, 'acme.example', '', now(), now())`,
      [orgId],
    );
    return providerName;
  } finally {
    await owner.end();
  }
}

async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
