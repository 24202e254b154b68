import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { type Database, type Transaction } from '../database/index.js';

const channel = 'dovecote_revocation';

/** The name of its connection, of which each process has one. */
export const feedName = 'dovecote feed';
/** How often the feed proves that it is heard, and how long that proof lasts. Together under a second. */
const PING_MS = 300;
const PROOF_MS = 900;
const RECONNECT_MS = 500;
/** A connection that echoes nothing for this long is dead, whatever TCP still believes. */
const SILENCE_MS = 5_000;

const ping = `select pg_notify('${channel}', $1)`;

/**
 * Announces, in the transaction of the change, that something remembered about `subject` is void:
 * `session:<id>`, `api_key:<id>`, `member:<org>:<identity>` or `organization:<id>` (its members, roles, settings).
 */
export async function announceRevocation(tx: Transaction, subject: string): Promise<void> {
  await tx.announce({ channel, payload: subject });
}

/**
 * Receives the revocations of every process over LISTEN/NOTIFY, and those of this process with their commit:
 * what was taken back here is refused here in the next call. It pings itself to detect a dead connection
 * or a proxy that drops LISTEN; then `heard` is false and credential caches stay off.
 */
@Injectable()
export class RevocationFeed implements OnModuleInit, OnApplicationShutdown {
  private readonly self = `ping:${uuid()}`;
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private lastHeard = 0;
  private listeningSince = 0;
  private warned = false;
  private readonly revokedListeners: ((subject: string) => void)[] = [];
  private readonly lostListeners: (() => void)[] = [];

  constructor(
    private readonly databaseUrl: string,
    private readonly clients: typeof Client,
    database: Database,
    private readonly log: PinoLogger,
  ) {
    log.setContext('revocation-feed');
    database.onAnnounced((announcement) => {
      if (announcement.channel === channel) this.tellRevoked(announcement.payload);
    });
  }

  /** Whether a revocation made now would be heard. */
  get heard(): boolean {
    return performance.now() - this.lastHeard < PROOF_MS;
  }

  onRevoked(listener: (subject: string) => void): void {
    this.revokedListeners.push(listener);
  }

  onLost(listener: () => void): void {
    this.lostListeners.push(listener);
  }

  async onModuleInit(): Promise<void> {
    await this.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new this.clients({
      connectionString: this.databaseUrl,
      keepAlive: true,
      application_name: feedName,
    });
    this.client = client;
    client.on('notification', ({ payload = '' }) => this.hear(payload));
    client.on('error', (error) => this.lose(client, error));
    client.on('end', () => this.lose(client));
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      this.listeningSince = performance.now();
      this.ping(client);
    } catch (error) {
      this.lose(client, error);
    }
  }

  private ping(client: Client): void {
    if (this.stopped || client !== this.client) return;
    if (performance.now() - Math.max(this.lastHeard, this.listeningSince) > SILENCE_MS) {
      return this.lose(client, new Error('The connection is silent.'));
    }
    client.query(ping, [this.self]).catch((error: unknown) => this.lose(client, error));
    this.timer = setTimeout(() => this.ping(client), PING_MS);
  }

  private hear(subject: string): void {
    if (subject === this.self) {
      // Revocations may have been missed while the connection was lost, so the caches are cleared.
      if (!this.heard) this.lostListeners.forEach((listener) => listener());
      this.lastHeard = performance.now();
    } else if (!subject.startsWith('ping:')) {
      this.tellRevoked(subject);
    }
  }

  private tellRevoked(subject: string): void {
    this.revokedListeners.forEach((listener) => listener(subject));
  }

  private lose(client: Client, error?: unknown): void {
    if (this.stopped || client !== this.client) return;
    // Behind a pooler that drops LISTEN it is never heard; that is worth one warning, not one every few seconds.
    const level = this.lastHeard > 0 || !this.warned ? 'warn' : 'debug';
    this.warned = true;
    this.log[level]({ err: error }, 'revocation feed lost; caches stay off until it reconnects');
    this.client = undefined;
    this.lastHeard = 0;
    clearTimeout(this.timer);
    this.lostListeners.forEach((listener) => listener());
    client.end().catch(() => undefined);
    this.timer = setTimeout(() => void this.connect(), RECONNECT_MS);
  }
}
