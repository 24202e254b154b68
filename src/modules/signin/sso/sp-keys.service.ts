import { X509Certificate } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { newSpKey, type SpKey } from '@dovecote/saml';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { type StoredSpKey, SpKeyStore } from './sp-key.store.js';

/** A service provider certificate, as registered at the provider. */
export interface SpCertificate {
  pem: string;
  /** SHA-256 in hexadecimal. */
  fingerprint: string;
  notAfter: Date;
  next: boolean;
}

/** The keys with which we sign requests and decrypt assertions, one pair for each connection. */
@Injectable()
export class SpKeys {
  constructor(
    private readonly store: SpKeyStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  /** Takes a moment of computing: not inside a transaction. */
  async make(
    orgId: string,
    connectionId: string,
    status: StoredSpKey['status'],
    now: Date,
  ): Promise<StoredSpKey> {
    const id = uuid();
    const { privateKeyPem, certificatePem } = await newSpKey(`dovecote ${connectionId}`, now);
    const sealedPrivateKey = this.envelope.seal(privateKeyPem, sealContext(orgId, id));
    return { connectionId, id, status, certificate: certificatePem, sealedPrivateKey, createdAt: now };
  }

  add(scope: Scope, key: StoredSpKey): Promise<void> {
    return this.store.insert(scope, key);
  }

  promote(scope: Scope, connectionId: string): Promise<void> {
    return this.store.promote(scope, connectionId);
  }

  /** The current one first: it signs; all decrypt. */
  async of(scope: Scope, connectionId: string): Promise<SpKey[]> {
    const keys = await this.store.list(scope, [connectionId]);
    return keys.map((key) => this.opened(key, sealContext(scope.orgId, key.id)));
  }

  /** By connection, the current one first. */
  async certificates(scope: Scope, connectionIds: readonly string[]): Promise<Map<string, SpCertificate[]>> {
    const found = new Map<string, SpCertificate[]>();
    for (const key of await this.store.list(scope, connectionIds)) {
      found.set(key.connectionId, [...(found.get(key.connectionId) ?? []), certificateOf(key)]);
    }
    return found;
  }

  /** Most messages need no private key: it is opened when one does. */
  private opened({ certificate, sealedPrivateKey }: StoredSpKey, context: string): SpKey {
    const { envelope } = this;
    return {
      certificatePem: certificate,
      get privateKeyPem() {
        return envelope.open(sealedPrivateKey, context).toString();
      },
    };
  }
}

function certificateOf({ certificate, status }: StoredSpKey): SpCertificate {
  const parsed = new X509Certificate(certificate);
  return {
    pem: certificate,
    fingerprint: parsed.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfter: parsed.validToDate,
    next: status === 'next',
  };
}

const sealContext = sealedColumn(
  { table: 'sso_sp_key', column: 'sealed_private_key', places: ['org_id', 'id'] },
  (orgId, id) => `sso_sp_key/${orgId}/${id}`,
);
