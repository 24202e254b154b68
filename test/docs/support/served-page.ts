import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addMember, type Cast, seedCast } from '../../support/cast.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../../support/test-server.js';
import type { Page } from './page.js';
import { Shell } from './shell.js';
import { substitute, type Surroundings } from './substitutions.js';

/** A terminal beside a server on which the organization of the pages exists. */
export interface ServedPage {
  readonly server: TestServer;
  readonly cast: Cast;
  readonly surroundings: Surroundings;
  readonly shell: Shell;
  /** Runs the snippet of the page that has these words. */
  type(words: string, language?: string): Promise<string>;
  /** What there is in the place of the page's names, for code that is run otherwise. */
  here(code: string): string;
  stop(): Promise<void>;
}

export async function serve(
  page: Page,
  env: Record<string, string> = {},
  more: Partial<Surroundings> = {},
  options: Pick<TestServerOptions, 'analytics'> = {},
): Promise<ServedPage> {
  const server = await startTestServer({ env, ...options });
  const cast = await seedCast(server);
  await addMember(server, cast.acme, { email: 'admin@acme.example', role: 'super_admin' });
  const dataDir = await mkdtemp(join(tmpdir(), 'dovecote-docs-data-'));
  const apiKey = cast.kiosk.headers.authorization.replace('Bearer ', '');
  await writeFile(join(dataDir, 'demo-api-key'), `${apiKey}\n`);
  const surroundings = { url: server.url, dataDir, apiKey, ...more };
  const shell = await Shell.open({ DATA_DIR: dataDir });
  const here = (code: string): string => substitute(code, surroundings);
  return {
    server,
    cast,
    surroundings,
    shell,
    here,
    type: (words, language = 'sh') => shell.run(here(page.take(words, language))),
    async stop() {
      await shell.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
