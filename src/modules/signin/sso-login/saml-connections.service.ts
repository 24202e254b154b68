import { Inject, Injectable } from '@nestjs/common';
import { type SamlConnection, SamlRefusal } from '@dovecote/saml';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { type Connection, Connections, Metadata, SpKeys } from '../sso/index.js';
import { samlConnection } from './saml-connection.mapper.js';

export interface LoadedConnection {
  connection: Connection;
  saml: SamlConnection;
}

/** Connections to SAML providers, ready for libs/saml. */
@Injectable()
export class SamlConnections {
  constructor(
    private readonly connections: Connections,
    private readonly keys: SpKeys,
    private readonly metadata: Metadata,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  load(origin: ScopeOrigin, connectionId: string): Promise<LoadedConnection> {
    return this.scopes.run({ ...origin, readOnly: true }, (scope) => this.loadIn(scope, connectionId));
  }

  async loadIn(scope: Scope, connectionId: string): Promise<LoadedConnection> {
    const [connection, keys] = await Promise.all([
      this.connections.get(scope, connectionId),
      this.keys.of(scope, connectionId),
    ]);
    return { connection, saml: samlConnection(connection, keys, this.config.http.publicUrl) };
  }

  /**
   * Runs the validation of a message from the provider. Repeats it with fresh metadata when the signing key
   * is unknown. Throws SamlRefusal.
   */
  async check<T>(
    origin: ScopeOrigin,
    { connection, saml }: LoadedConnection,
    check: (saml: SamlConnection) => Promise<T>,
  ): Promise<T> {
    try {
      return await check(saml);
    } catch (error) {
      if (!(error instanceof SamlRefusal) || error.reason !== 'unknown_signing_key') throw error;
      const refreshed = await this.metadata.refreshForUnknownKey(origin, connection);
      if (refreshed?.outcome !== 'changed') throw error;
      return check((await this.load(origin, connection.id)).saml);
    }
  }
}
