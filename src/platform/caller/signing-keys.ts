import { Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, importPKCS8, type JWK } from 'jose';
import { v7 as uuid } from 'uuid';
import { Database, statement, type Transaction } from '../database/index.js';
import { sealContext, type SealedSigningKey } from '../database/sealed-signing-key.js';

export const signingAlgorithm = 'RS256';

interface SigningKeyRow extends SealedSigningKey {
  status: 'current' | 'next' | 'previous';
  public_jwk: JWK;
}

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
}

/** How long a key set is used before it is read again, so that a rotation reaches every process. */
const RELOAD_MS = 60_000;
/** An unknown key id asks for a reload; not more often than this. */
const RELOAD_MIN_MS = 1_000;

const lock = statement('signing_key.lock', 'select pg_advisory_xact_lock(7263542)');
const listAll = statement(
  'signing_key.list',
  `select kid, status, public_jwk, sealed_private_key from signing_key
    where status <> 'previous' or retired_at > $1 order by created_at desc`,
);
const insert = statement(
  'signing_key.insert',
  `insert into signing_key (kid, status, public_jwk, sealed_private_key) values ($1, $2, $3, $4)`,
);
const retire = statement(
  'signing_key.retire',
  `update signing_key set status = 'previous', retired_at = $1 where status = 'current'`,
);
const promote = statement(
  'signing_key.promote',
  `update signing_key set status = 'current' where status = 'next'`,
);

/** A retired key stays published for longer than any access token lives. */
const PUBLISHED_AFTER_RETIREMENT_MS = 60 * 60_000;

/** The RSA keys of access tokens: one signs, its successor is already published, retired ones linger. */
@Injectable()
export class SigningKeys {
  private rows: SigningKeyRow[] = [];
  private loadedAt = -Infinity;
  private loading: Promise<void> | undefined;
  private signer: SigningKey | undefined;

  constructor(
    private readonly database: Database,
    private readonly envelope: Envelope,
  ) {}

  /** The key set to publish (RFC 7517). */
  async published(): Promise<JWK[]> {
    await this.refresh(RELOAD_MS);
    return this.rows.map((row) => row.public_jwk);
  }

  async publicKey(kid: string): Promise<JWK | undefined> {
    await this.refresh(RELOAD_MS);
    if (!this.rows.some((row) => row.kid === kid)) await this.refresh(RELOAD_MIN_MS);
    return this.rows.find((row) => row.kid === kid)?.public_jwk;
  }

  async current(): Promise<SigningKey> {
    await this.refresh(RELOAD_MS);
    const row = this.rows.find(({ status }) => status === 'current');
    if (!row) throw new Error('There is no signing key.');
    if (this.signer?.kid !== row.kid) this.signer = await this.unseal(row);
    return this.signer;
  }

  /** Makes the first keys; two processes that start at once make them once. */
  async ensure(): Promise<void> {
    await this.database.transaction({}, async (tx) => {
      await tx.execute(lock);
      const rows = await tx.query<SigningKeyRow>(listAll, [new Date()]);
      for (const status of ['current', 'next'] as const) {
        if (!rows.some((row) => row.status === status)) await this.create(tx, status);
      }
    });
  }

  /** The successor signs from now on, the signer retires, a new successor is published. */
  async rotate(now: Date): Promise<void> {
    await this.database.transaction({}, async (tx) => {
      await tx.execute(lock);
      await tx.execute(retire, [now]);
      await tx.execute(promote);
      await this.create(tx, 'next');
    });
    this.loadedAt = -Infinity;
  }

  private async create(tx: Transaction, status: 'current' | 'next'): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
    const kid = uuid();
    const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: signingAlgorithm };
    const sealed = this.envelope.seal(await exportPKCS8(privateKey), sealContext(kid));
    await tx.execute(insert, [kid, status, jwk, sealed]);
  }

  private async unseal(row: SigningKeyRow): Promise<SigningKey> {
    const pem = this.envelope.open(row.sealed_private_key, sealContext(row.kid)).toString();
    return { kid: row.kid, privateKey: await importPKCS8(pem, signingAlgorithm) };
  }

  private async refresh(maxAgeMs: number): Promise<void> {
    if (performance.now() - this.loadedAt < maxAgeMs) return;
    // Concurrent callers share one query; the keys in memory may lack the one they need.
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
    });
    await this.loading;
  }

  private async load(): Promise<void> {
    const since = new Date(Date.now() - PUBLISHED_AFTER_RETIREMENT_MS);
    this.rows = await this.database.transaction({}, (tx) => tx.query<SigningKeyRow>(listAll, [since]));
    this.loadedAt = performance.now();
  }
}
