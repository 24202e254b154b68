// What do the worst requests cost, and what do they leave behind?
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callers } from './hostile/groups/callers.js';
import { rules } from './hostile/groups/rules.js';
import { saml } from './hostile/groups/saml.js';
import { scim } from './hostile/groups/scim.js';
import { shapes } from './hostile/groups/shapes.js';
import { sizes } from './hostile/groups/sizes.js';
import {
  type GoodCall,
  measureOnce,
  measurePeer,
  type Pass,
  type PeerPass,
  summarize,
  summarizePeer,
} from './hostile/measure.js';
import { Probed } from './hostile/probed.js';
import type { Group } from './hostile/request.js';
import { head, rowOf, summary, type Measured } from './hostile/tables.js';
import { arrange } from './hostile/world.js';
import { connectCall } from './hostile/wire.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { calls, pathOf } from './support/calls.js';
import { program } from './support/paths.js';
import { PeerProcess } from './support/peer-process.js';
import type { Report } from './support/report.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

const LIST_ROLES = '/pidgr.v1.RoleService/ListRoles';

export async function answerHostile(effort: Effort): Promise<Report> {
  return withTemporaryFolder(async (folder) => {
    const [dataDir, preload] = [join(folder, 'data'), program('hostile/probe')];
    const compileCache = join(folder, 'compiled');
    const dovecote = await Dovecote.start({ dataDir, compileCache, alone: true, preload });
    // The peer shares its frame with the others, which answer calls from a file; it answers all with nothing.
    const answersFile = join(folder, 'answers.json');
    await writeFile(
      answersFile,
      JSON.stringify(Object.fromEntries(calls.map(({ method }) => [pathOf(method), '']))),
    );
    const peer = await PeerProcess.start('connect-node-whole', answersFile, { alone: true, preload });
    try {
      const world = await arrange(dovecote, dataDir);
      const all = [sizes, callers, saml, scim, rules, shapes].flatMap((of) => of(world));
      const groups = all.filter(({ large = false }) => effort.large || !large);
      const good: GoodCall = {
        request: connectCall('a good call', LIST_ROLES, 'json', () => '{}', { authorization: world.apiKey }),
        answer: '200',
      };
      const servers = {
        dovecote: new Probed(dovecote.child, dovecote.url, dovecote.url),
        peer: new Probed(peer.child, urlOf(peer.ports.http1), urlOf(peer.ports.http2)),
      };
      const measured = new Map<Group, Measured[]>();
      for (const group of groups) measured.set(group, await measureGroup(group, servers, good, effort));
      return report(measured, effort);
    } finally {
      await peer.stop();
      await dovecote.stop();
    }
  });
}

function urlOf(port: number | undefined): string {
  return `http://127.0.0.1:${port}`;
}

async function measureGroup(
  { title, requests }: Group,
  servers: { dovecote: Probed; peer: Probed },
  good: GoodCall,
  effort: Effort,
): Promise<Measured[]> {
  process.stderr.write(`${title} …\n`);
  const measured: Measured[] = [];
  for (const request of requests) {
    const ours: Pass[] = [];
    const theirs: PeerPass[] = [];
    // Warms up.
    await measureOnce(servers.dovecote, request, good, 0);
    if (request.peer) await measurePeer(servers.peer, request, 0);
    for (let pass = 1; pass <= effort.passes; pass++) {
      ours.push(await measureOnce(servers.dovecote, request, good, effort.seconds));
      if (request.peer) theirs.push(await measurePeer(servers.peer, request, effort.seconds));
    }
    const row = {
      request,
      ours: summarize(ours),
      theirs: request.peer ? summarizePeer(theirs) : undefined,
    };
    process.stderr.write(`  ${rowOf(row).join(' | ')}\n`);
    measured.push(row);
  }
  return measured;
}

function report(groups: ReadonlyMap<Group, readonly Measured[]>, { passes }: Effort): Report {
  return {
    title: 'What do the worst requests cost, and what do they leave behind?',
    method: [
      'Each request is sent up to 10 times, one after the other, on one connection to a server with everything on, and',
      'to @connectrpc/connect-node alone with its plain settings, which serves the same contract, knows no callers and',
      'answers with nothing. A probe in each process counts its processor time, the longest time in which its event loop',
      'did not turn, what its heap holds after forced collections, and streams and sockets that are still open.',
      `Medians of ${passes} passes after a warm-up. The goal: no refused request holds the loop up for more than 50 ms`,
      'of processor time, or leaves memory, a stream or a socket behind; a good call on the same connection is answered.',
    ].join('\n'),
    tables: [
      summary([...groups.values()].flat()),
      ...[...groups].map(([{ title }, rows]) => ({ title, head, rows: rows.map(rowOf) })),
    ],
    notes: [
      'CPU is processor time of the whole process for one request, that of its threads and of waiting for it included.',
      'The pause is counted in processor time of the thread that turns the loop. What the clock said beside it grows when others have the core.',
      'Heap and resident memory are what the process holds after all requests of a pass beyond what it held before. 1 MiB of heap misses the goal; resident memory is not given back at once, and is not judged.',
      'After: whether a good call on the same connection was answered, or the server had ended the connection.',
    ],
  };
}
