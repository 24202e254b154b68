import { setTimeout as delay } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import {
  type Import,
  type ImportOptionsSchema,
  ImportService,
  ImportState,
} from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { BadRequestSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { CommandError } from '../errors.js';
import type { LocalFile } from './local-file.js';

export type Options = MessageInitShape<typeof ImportOptionsSchema>;

export interface Server {
  readonly url: string;
  readonly key: string;
  readonly project: string;
}

const PIECE = 1024 * 1024;
const POLL_MS = 500;
/** For a server that restarts, or has no place for the call. */
const PATIENCE_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const waitable: ReadonlySet<Code> = new Set([Code.Unavailable, Code.ResourceExhausted, Code.Aborted]);
const open: ReadonlySet<ImportState> = new Set([
  ImportState.UPLOADING,
  ImportState.CHECKING,
  ImportState.CHECKED,
  ImportState.RUNNING,
]);

/** The imports of a project on a server. */
export class RemoteImports {
  private readonly client: Client<typeof ImportService>;
  private readonly url: string;

  constructor({ url, key, project }: Server) {
    const withHeaders: Interceptor = (next) => (request) => {
      request.header.set('authorization', `Bearer ${key}`);
      request.header.set('x-project-id', project);
      return next(request);
    };
    this.url = url;
    this.client = createClient(
      ImportService,
      createConnectTransport({ baseUrl: url, httpVersion: '1.1', interceptors: [withHeaders] }),
    );
  }

  /** The one of this name and size that has not ended, of an earlier run; otherwise a new one. */
  async findOrCreate(name: string, { size }: LocalFile, options: Options): Promise<Import> {
    let pageToken = '';
    do {
      const page = await this.told(() => this.client.listImports({ pageSize: 100, pageToken }));
      const found = page.imports.find(
        (each) => each.name === name && each.fileBytes === BigInt(size) && open.has(each.state),
      );
      if (found) return found;
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    const request = { name, fileBytes: BigInt(size), options };
    return required((await this.told(() => this.client.createImport(request))).import);
  }

  /** Sends what the server has not yet. */
  async upload({ id, uploadedBytes }: Import, file: LocalFile, tell: (bytes: number) => void): Promise<void> {
    for (let offset = Number(uploadedBytes); offset < file.size;) {
      tell(offset);
      const piece = { importId: id, offset: BigInt(offset), data: await file.read(offset, PIECE) };
      const answer = await this.patiently(() => this.client.uploadImport(piece));
      offset = Number(answer.uploadedBytes);
    }
  }

  async check(importId: string, options: Options): Promise<void> {
    await this.told(() => this.client.checkImport({ importId, options }));
  }

  async start(importId: string, strict: boolean): Promise<void> {
    await this.told(() => this.client.startImport({ importId, strict }));
  }

  async cancel(importId: string): Promise<void> {
    await this.told(() => this.client.cancelImport({ importId }));
  }

  async undo(importId: string): Promise<void> {
    await this.told(() => this.client.undoImport({ importId }));
  }

  /** Waits until the import has left these states. */
  async left(
    importId: string,
    states: readonly ImportState[],
    tell: (now: Import) => void = () => undefined,
  ): Promise<Import> {
    for (;;) {
      const now = required((await this.patiently(() => this.client.getImport({ importId }))).import);
      if (!states.includes(now.state)) return now;
      tell(now);
      await delay(POLL_MS);
    }
  }

  /** Repeats a call that can be repeated while the server is away or busy. */
  private async patiently<T>(call: () => Promise<T>): Promise<T> {
    for (const patience of PATIENCE_MS) {
      try {
        return await call();
      } catch (error) {
        if (!waitable.has(ConnectError.from(error).code)) throw this.explained(error);
        await delay(patience);
      }
    }
    return this.told(call);
  }

  private told<T>(call: () => Promise<T>): Promise<T> {
    return call().catch((error: unknown) => {
      throw this.explained(error);
    });
  }

  /** The words of the server, for the person at the keyboard. */
  private explained(error: unknown): Error {
    if (!(error instanceof ConnectError)) return error as Error;
    const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
    const fields = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
    if (error.code === Code.Unavailable && error.cause !== undefined)
      return new CommandError(`${this.url} does not answer: ${error.rawMessage}.`);
    return new CommandError(`The server refuses: ${fields || error.rawMessage}`);
  }
}

function required(found: Import | undefined): Import {
  if (!found) throw new Error('The server answered without an import.');
  return found;
}
