import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import {
  type Import,
  type ImportOptionsSchema,
  type ImportService,
  ImportState,
} from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import type { TestProject } from './cast.js';
import { eventually } from './eventually.js';
import type { TestServer } from './test-server.js';

type Options = MessageInitShape<typeof ImportOptionsSchema>;
type Imports = Client<typeof ImportService>;

const PIECE = 1024 * 1024;

/** Makes an import and uploads its file. */
export async function uploaded(
  imports: Imports,
  file: Uint8Array | string,
  options: Options,
): Promise<string> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const made = await imports.createImport({ name: 'spec', fileBytes: BigInt(bytes.length), options });
  const importId = made.import?.id ?? '';
  for (let offset = 0; offset < bytes.length; offset += PIECE)
    await imports.uploadImport({
      importId,
      offset: BigInt(offset),
      data: bytes.subarray(offset, offset + PIECE),
    });
  return importId;
}

export async function inState(
  imports: Imports,
  importId: string,
  states: readonly ImportState[],
  patienceMs = 60_000,
): Promise<Import> {
  return eventually(
    `the import is in state ${states.map((state) => ImportState[state]).join(' or ')}`,
    async () => {
      const found = (await imports.getImport({ importId })).import;
      return found && states.includes(found.state) && found;
    },
    patienceMs,
  );
}

export async function checked(
  imports: Imports,
  file: Uint8Array | string,
  options: Options,
): Promise<Import> {
  const importId = await uploaded(imports, file, options);
  await imports.checkImport({ importId });
  return inState(imports, importId, [ImportState.CHECKED, ImportState.FAILED]);
}

/** Makes an import of the file and waits until all is stored. */
export async function imported(
  imports: Imports,
  file: Uint8Array | string,
  options: Options,
): Promise<Import> {
  const { id: importId } = await checked(imports, file, options);
  await imports.startImport({ importId });
  return inState(imports, importId, [ImportState.COMPLETED, ImportState.FAILED]);
}

export interface StoredEvent {
  event_id: string;
  kind: string;
  occur_time: string;
  distinct_id: string;
  session_id: string;
  batch_id: string;
  browser: string;
  url: string;
  channel: string;
  properties: Record<string, string>;
  types: Record<string, number>;
}

/** What the analytics store has of a project, by time. */
export async function storedEvents(s: TestServer, { number }: TestProject): Promise<StoredEvent[]> {
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const answer = await s.analytics.client.query({
    query: `SELECT * FROM ${s.analytics.database}.events FINAL WHERE project = ${number} ORDER BY occur_time, event_id`,
    format: 'JSONEachRow',
  });
  return answer.json<StoredEvent>();
}

/** A call of Segment's format. */
export const track = (n: number, more: object = {}) => ({
  type: 'track',
  event: 'Order Placed',
  messageId: `message-${n}`,
  userId: `user-${n % 7}`,
  timestamp: new Date(Date.parse('2025-03-04T05:06:07Z') + n * 1000).toISOString(),
  properties: { total: n + 0.5, currency: 'SEK' },
  ...more,
});
export const ndjson = (values: readonly unknown[]) =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');
export const tracks = (count: number) => ndjson(Array.from({ length: count }, (_, n) => track(n)));
