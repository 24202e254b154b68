import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateRequest,
  type CreateResponseSchema,
  DashboardsService,
  type DeleteRequest,
  type DeleteResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  type ListRequest,
  type ListResponseSchema,
  type UpdateRequest,
  type UpdateResponseSchema,
  type UpsertRequest,
  type UpsertResponseSchema,
} from '@dovecote/contract/dashboards/v1/dashboards_pb';
import { invalidArgument } from '../../../platform/errors/index.js';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Boards } from './boards.service.js';
import {
  documentedRules,
  toDashboard,
  toHead,
  toSentTiles,
  violationsOfTiles,
} from './documented-board.mapper.js';

@Controller()
export class DocumentedBoardsRpc {
  constructor(private readonly boards: Boards) {}

  @Rpc(DashboardsService.method.list)
  async list(_request: ListRequest, scope: Scope): Promise<MessageInitShape<typeof ListResponseSchema>> {
    return { dashboards: (await this.boards.listHeads(scope)).map(toHead) };
  }

  @Rpc(DashboardsService.method.get)
  async get({ id }: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { dashboard: toDashboard(await this.boards.get(scope, id)) };
  }

  @Rpc(DashboardsService.method.create)
  async create(
    { name, description }: CreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateResponseSchema>> {
    return { dashboard: toDashboard(await this.boards.create(scope, { name, description })) };
  }

  @Rpc(DashboardsService.method.update)
  async update(
    { id, name, description }: UpdateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateResponseSchema>> {
    const board = await this.boards.update(scope, id, {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
    });
    return { dashboard: toDashboard(board) };
  }

  @Rpc(DashboardsService.method.upsert)
  async upsert(
    { dashboardId, tiles }: UpsertRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpsertResponseSchema>> {
    const violations = violationsOfTiles(tiles);
    if (violations.length > 0) throw invalidArgument(violations);
    const save = { settings: {}, tiles: toSentTiles(tiles), rules: documentedRules };
    return { dashboard: toDashboard(await this.boards.save(scope, dashboardId, save)) };
  }

  @Rpc(DashboardsService.method.delete)
  async delete({ id }: DeleteRequest, scope: Scope): Promise<MessageInitShape<typeof DeleteResponseSchema>> {
    await this.boards.delete(scope, id);
    return {};
  }
}
