import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nodeCommand, serverCore } from './cores.js';
import { root } from './paths.js';
import { cpuMicros } from './process-usage.js';

export interface DovecoteOptions {
  readonly dataDir: string;
  /** Where Node keeps compiled code between starts. */
  readonly compileCache: string;
  /** On the core of whoever is measured; otherwise wherever the system likes. */
  readonly alone?: boolean;
  /** A program to load first, which talks over IPC. */
  readonly preload?: string;
  /** The program below dist; default: the bundle. */
  readonly program?: string;
  readonly sourceMaps?: boolean;
}

/** Limits so high that none is reached: they are counted, not met. */
const unlimited = {
  RATE_LIMIT_PER_SECOND: '1000000',
  RATE_LIMIT_BURST: '1000000',
  ANONYMOUS_RATE_LIMIT_PER_SECOND: '1000000',
  ANONYMOUS_RATE_LIMIT_BURST: '1000000',
  INGEST_EVENTS_PER_SECOND: '1000000',
  INGEST_EVENTS_BURST: '10000000',
};

/** The server as operators run it, with its embedded database and a demo organization. */
export class Dovecote {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    readonly apiKey: string,
    /** From the command to the line that says where it listens. */
    readonly secondsToReady: number,
    /** Processor time of Node until then. */
    readonly cpuSecondsToReady: number,
  ) {}

  /** The demo organization has its campaigns in its analytics; others have not until they set it. */
  private async stopFeed(): Promise<void> {
    const headers = { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json' };
    const url = `${this.url}/dovecote.campaign.v1.CampaignFeedService/SetCampaignFeed`;
    const { ok } = await fetch(url, { method: 'POST', headers, body: '{}' });
    if (!ok) throw new Error('The feed of campaigns cannot be turned off.');
  }

  static async start({
    dataDir,
    compileCache,
    alone = false,
    preload,
    program = 'main.js',
    sourceMaps = true,
  }: DovecoteOptions): Promise<Dovecote> {
    const begin = performance.now();
    const loaded = preload ? ['--import', preload] : [];
    const mapped = sourceMaps ? ['--enable-source-maps'] : [];
    const argv = [...mapped, ...loaded, join(root, 'dist', program), 'serve'];
    const [file, args] = nodeCommand(argv, alone ? serverCore : undefined);
    const child = spawn(file, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit', ...(preload ? (['ipc'] as const) : [])],
      env: {
        ...process.env,
        ...unlimited,
        DATA_DIR: dataDir,
        NODE_COMPILE_CACHE: compileCache,
        ENVIRONMENT: 'development',
        PORT: '0',
        LOG_LEVEL: 'warn',
        // The greeting is on standard output beside lines for people only.
        LOG_FORMAT: 'pretty',
      },
    });
    const greeting = await readUntil(child, 'Ctrl-C stops everything');
    const server = new Dovecote(
      child,
      found(greeting, /http:\/\/[\d.]+:\d+/),
      found(greeting, /pidgr_k_\w+/),
      (performance.now() - begin) / 1000,
      cpuMicros(child.pid!) / 1e6,
    );
    await server.stopFeed();
    return server;
  }

  get pid(): number {
    return this.child.pid!;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Seconds until the server and its database were gone. */
  async stop(): Promise<number> {
    const begin = performance.now();
    const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
    const exit = hasEnded ? undefined : once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
    const code = this.child.exitCode;
    if (code !== 0) throw new Error(`The server ended with ${code}.`);
    return (performance.now() - begin) / 1000;
  }
}

function readUntil(child: ChildProcess, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(words)) resolve(text);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`The server ended before it was ready. ${text}`)));
  });
}

function found(text: string, pattern: RegExp): string {
  const match = pattern.exec(text)?.[0];
  if (match === undefined) throw new Error(`The server did not say ${pattern}: ${text}`);
  return match;
}
