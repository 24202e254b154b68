import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import {
  type Connection as ConnectionMessage,
  ConnectionService,
  type CreateConnectionRequest,
  type CreateConnectionResponseSchema,
  type DeleteConnectionRequest,
  type DeleteConnectionResponseSchema,
  type GetConnectionRequest,
  type GetConnectionResponseSchema,
  type ListConnectionsRequest,
  type ListConnectionsResponseSchema,
  type PrepareConnectionRequest,
  type PrepareConnectionResponseSchema,
  type RefreshMetadataRequest,
  type RefreshMetadataResponseSchema,
  type RotateSpKeyRequest,
  type RotateSpKeyResponseSchema,
  type UpdateConnectionRequest,
  type UpdateConnectionResponseSchema,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toConnection, toConnectionChange, toNewConnection, toPrepared } from './connection.mapper.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.service.js';
import { Metadata } from './metadata.service.js';
import { SpKeys } from './sp-keys.service.js';

@Controller()
export class ConnectionRpc {
  constructor(
    private readonly connections: Connections,
    private readonly metadata: Metadata,
    private readonly keys: SpKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Rpc(ConnectionService.method.prepareConnection)
  prepareConnection(
    { reservation }: PrepareConnectionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof PrepareConnectionResponseSchema>> {
    const prepared = this.connections.prepare(scope, reservation);
    return Promise.resolve(toPrepared(prepared, this.config.http.publicUrl));
  }

  @Rpc(ConnectionService.method.createConnection)
  async createConnection(
    request: CreateConnectionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateConnectionResponseSchema>> {
    const connection = await this.connections.create(scope, toNewConnection(request));
    return { connection: await this.one(scope, connection) };
  }

  @Rpc(ConnectionService.method.getConnection)
  async getConnection(
    request: GetConnectionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetConnectionResponseSchema>> {
    const connection = await this.connections.get(scope, request.connectionId.toLowerCase());
    return { connection: await this.one(scope, connection) };
  }

  @Rpc(ConnectionService.method.listConnections)
  async listConnections(
    _request: ListConnectionsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListConnectionsResponseSchema>> {
    return { connections: await this.all(scope, await this.connections.list(scope)) };
  }

  @Rpc(ConnectionService.method.updateConnection)
  async updateConnection(
    request: UpdateConnectionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateConnectionResponseSchema>> {
    const connection = await this.connections.update(scope, toConnectionChange(request));
    return { connection: await this.one(scope, connection) };
  }

  @Rpc(ConnectionService.method.deleteConnection)
  async deleteConnection(
    request: DeleteConnectionRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteConnectionResponseSchema>> {
    await this.connections.delete(scope, request.connectionId.toLowerCase());
    return {};
  }

  @Rpc(ConnectionService.method.refreshMetadata)
  async refreshMetadata(
    request: RefreshMetadataRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RefreshMetadataResponseSchema>> {
    const id = request.connectionId.toLowerCase();
    const changed = await this.metadata.refreshNow(scope, id);
    return { connection: await this.one(scope, await this.connections.get(scope, id)), changed };
  }

  @Rpc(ConnectionService.method.rotateSpKey)
  async rotateSpKey(
    request: RotateSpKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RotateSpKeyResponseSchema>> {
    const connection = await this.connections.rotateKey(scope, request.connectionId.toLowerCase());
    return { connection: await this.one(scope, connection) };
  }

  private async one(scope: Scope, connection: Connection): Promise<ConnectionMessage | undefined> {
    return (await this.all(scope, [connection]))[0];
  }

  private async all(scope: Scope, connections: readonly Connection[]): Promise<ConnectionMessage[]> {
    const certificates = await this.keys.certificates(
      scope,
      connections.map(({ id }) => id),
    );
    const { publicUrl } = this.config.http;
    return connections.map((connection) =>
      toConnection({ connection, certificates: certificates.get(connection.id) ?? [], publicUrl }),
    );
  }
}
