import type { MessageInitShape } from '@bufbuild/protobuf';
import { isFieldSet } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type DashboardsServiceCreateRequest,
  type DashboardsServiceCreateResponseSchema,
  type DashboardsServiceDeleteRequest,
  type DashboardsServiceDeleteResponseSchema,
  type DashboardsServiceGetRequest,
  type DashboardsServiceGetResponseSchema,
  type DashboardsServiceListRequest,
  type DashboardsServiceListResponseSchema,
  type DashboardsServiceQueryDashboardRequest,
  type DashboardsServiceQueryDashboardResponseSchema,
  type DashboardsServiceUpdateRequest,
  DashboardsServiceUpdateRequestSchema,
  type DashboardsServiceUpdateResponseSchema,
  type DashboardsServiceUpsertRequest,
  type DashboardsServiceUpsertResponseSchema,
  DashboardsService,
} from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { BoardAnswers } from './board-answers.service.js';
import { Boards } from './boards.service.js';
import {
  shippedRules,
  toAskedTime,
  toDashboard,
  toRendered,
  toSentTiles,
  toSettings,
} from './shipped-board.mapper.js';

@Controller()
export class ShippedBoardsRpc {
  constructor(
    private readonly boards: Boards,
    private readonly answers: BoardAnswers,
  ) {}

  @Rpc(DashboardsService.method.create)
  async create(
    request: DashboardsServiceCreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DashboardsServiceCreateResponseSchema>> {
    const settings = { ...toSettings(request), description: request.description };
    return { dashboard: toDashboard(await this.boards.create(scope, settings)) };
  }

  @Rpc(DashboardsService.method.delete)
  async delete(
    { id }: DashboardsServiceDeleteRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DashboardsServiceDeleteResponseSchema>> {
    await this.boards.delete(scope, id);
    return {};
  }

  @Rpc(DashboardsService.method.get)
  async get(
    { id }: DashboardsServiceGetRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DashboardsServiceGetResponseSchema>> {
    return { dashboard: toDashboard(await this.boards.get(scope, id)) };
  }

  @Rpc(DashboardsService.method.list)
  async list(
    _request: DashboardsServiceListRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DashboardsServiceListResponseSchema>> {
    return { dashboards: (await this.boards.list(scope)).map(toDashboard) };
  }

  @Rpc(DashboardsService.method.update)
  async update(
    request: DashboardsServiceUpdateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DashboardsServiceUpdateResponseSchema>> {
    const { id, description, isPublic } = request;
    const isSaid = isFieldSet(request, DashboardsServiceUpdateRequestSchema.field.isPublic);
    const board = await this.boards.update(scope, id, {
      ...toSettings(request),
      ...(description !== '' && { description }),
      ...(isSaid && { shared: isPublic }),
    });
    return { dashboard: toDashboard(board) };
  }

  @Rpc(DashboardsService.method.upsert)
  async upsert(
    request: DashboardsServiceUpsertRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DashboardsServiceUpsertResponseSchema>> {
    const board = await this.boards.save(scope, request.id, {
      settings: { ...toSettings(request), description: request.description },
      tiles: toSentTiles(request.tiles),
      rules: shippedRules,
    });
    return { dashboard: toDashboard(board) };
  }

  @Rpc(DashboardsService.method.queryDashboard)
  async queryDashboard(
    request: DashboardsServiceQueryDashboardRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DashboardsServiceQueryDashboardResponseSchema>> {
    const { board, tiles } = await this.answers.query(scope, request.dashboardId, toAskedTime(request));
    return { dashboard: toRendered(board, tiles) };
  }
}
