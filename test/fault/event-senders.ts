import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { EventsService as Documented } from '@dovecote/contract/events/v1/events_pb';
import { EventsService as Shipped } from '@dovecote/contract/sdk/events/v1/events_pb';
import { v7 as uuid } from 'uuid';
import { eventually } from '../support/eventually.js';
import type { TestProject } from '../support/cast.js';

const BATCH_EVENTS = 20;
const CALL_MS = 5_000;
const RETRY_MS = 20;

/** Clients that send batches to several servers, and repeat each until one of the servers has accepted it. */
export class EventSenders {
  /** Ids of events whose acceptance a client was told. */
  readonly accepted: string[] = [];
  retries = 0;
  private isSending = true;
  private readonly running: Promise<unknown>;

  private readonly project: TestProject;
  private readonly urls: readonly string[];

  constructor(project: TestProject, urls: readonly string[]) {
    this.project = project;
    this.urls = urls;
    this.running = Promise.all([0, 1].flatMap((n) => [this.sendShipped(n), this.sendDocumented(n)]));
  }

  /** Waits until as many batches more were accepted. */
  async progress(batches: number): Promise<void> {
    const wanted = this.accepted.length + batches * BATCH_EVENTS;
    await eventually('servers accept events', async () => this.accepted.length >= wanted, 60_000);
  }

  /** Ends when each batch that was sent is accepted. */
  async stop(): Promise<void> {
    this.isSending = false;
    await this.running;
  }

  private async sendShipped(first: number): Promise<void> {
    await this.send(first, this.project.keys.public.headers, (transport, eventIds) => {
      const occurTime = timestampFromDate(new Date());
      const sessionId = uuid();
      const events = eventIds.map((eventId) => ({
        eventId,
        kind: 'page_view',
        occurTime,
        distinctId: 'ann',
        sessionId,
      }));
      return (signal, n) => createClient(Shipped, transport(n)).batchCreate({ events }, { signal });
    });
  }

  /** Without a time: the server gives each the time of its first try. */
  private async sendDocumented(first: number): Promise<void> {
    await this.send(first, this.project.keys.sdk.headers, (transport, eventIds) => {
      const events = eventIds.map((eventId) => ({ eventId, name: 'page_view', distinctId: 'bob' }));
      return (signal, n) => createClient(Documented, transport(n)).batchCreate({ events }, { signal });
    });
  }

  private async send(
    first: number,
    headers: Readonly<Record<string, string>>,
    prepare: (
      transport: (n: number) => ReturnType<typeof createConnectTransport>,
      eventIds: readonly string[],
    ) => (signal: AbortSignal, n: number) => Promise<unknown>,
  ): Promise<void> {
    const transports = this.urls.map((url) => transportTo(url, headers));
    const transport = (n: number): ReturnType<typeof createConnectTransport> => {
      const chosen = transports[n % transports.length];
      if (!chosen) throw new Error('There is no server.');
      return chosen;
    };
    for (let n = first; this.isSending; n += 1) {
      const eventIds = Array.from({ length: BATCH_EVENTS }, () => uuid());
      const attempt = prepare(transport, eventIds);
      for (let tries = 0; ; tries += 1) {
        try {
          await attempt(AbortSignal.timeout(CALL_MS), n + tries);
          break;
        } catch {
          this.retries += 1;
          await delay(RETRY_MS);
        }
      }
      this.accepted.push(...eventIds);
    }
  }
}

function transportTo(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
): ReturnType<typeof createConnectTransport> {
  return createConnectTransport({
    baseUrl,
    httpVersion: '1.1',
    interceptors: [
      (next) => (request) => {
        for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
        return next(request);
      },
    ],
  });
}
