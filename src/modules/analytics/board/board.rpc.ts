import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CreateFromTemplateRequest,
  type CreateFromTemplateResponseSchema,
  DashboardService,
  type DuplicateDashboardRequest,
  type DuplicateDashboardResponseSchema,
  type ExportTilesRequest,
  type ExportTilesResponseSchema,
  type GetDashboardRequest,
  type GetDashboardResponseSchema,
  type ListTemplatesRequest,
  type ListTemplatesResponseSchema,
  type QueryDashboardRequest,
  type QueryDashboardResponseSchema,
  type RevokeShareRequest,
  type RevokeShareResponseSchema,
  type ShareDashboardRequest,
  type ShareDashboardResponseSchema,
  type UpsertDashboardRequest,
  type UpsertDashboardResponseSchema,
} from '@dovecote/contract/dovecote/dashboard/v1/dashboard_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toAnsweredBoard, toAskedTimeOf, toEnd, toExport, toShare, toTemplate } from './board.mapper.js';
import { BoardAnswers } from './board-answers.service.js';
import { Boards } from './boards.service.js';
import { shippedRules, toDashboard, toSentTiles, toSettings } from './shipped-board.mapper.js';
import { templateOf, templates } from './templates.mapper.js';

@Controller()
export class BoardRpc {
  constructor(
    private readonly boards: Boards,
    private readonly answers: BoardAnswers,
  ) {}

  @Rpc(DashboardService.method.getDashboard)
  async getDashboard(
    { dashboardId }: GetDashboardRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetDashboardResponseSchema>> {
    const board = await this.boards.get(scope, dashboardId);
    const share = board.share && toShare(board.share);
    return { dashboard: toDashboard(board), version: BigInt(board.version), share };
  }

  @Rpc(DashboardService.method.upsertDashboard)
  async upsertDashboard(
    { dashboard, expectedVersion }: UpsertDashboardRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpsertDashboardResponseSchema>> {
    if (!dashboard) throw new RangeError('The contract requires a dashboard.');
    const board = await this.boards.save(scope, dashboard.id, {
      settings: { ...toSettings(dashboard), description: dashboard.description },
      tiles: toSentTiles(dashboard.tiles),
      rules: shippedRules,
      expectedVersion: Number(expectedVersion),
    });
    return { dashboard: toDashboard(board), version: BigInt(board.version) };
  }

  @Rpc(DashboardService.method.duplicateDashboard)
  async duplicateDashboard(
    { dashboardId, displayName }: DuplicateDashboardRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DuplicateDashboardResponseSchema>> {
    return { dashboard: toDashboard(await this.boards.duplicate(scope, dashboardId, displayName)) };
  }

  @Rpc(DashboardService.method.listTemplates)
  listTemplates(
    _request: ListTemplatesRequest,
    _scope: Scope,
  ): Promise<MessageInitShape<typeof ListTemplatesResponseSchema>> {
    return Promise.resolve({ templates: templates.map(toTemplate) });
  }

  @Rpc(DashboardService.method.createFromTemplate)
  async createFromTemplate(
    { templateId, displayName }: CreateFromTemplateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateFromTemplateResponseSchema>> {
    const { name, description, tiles } = templateOf(templateId);
    const settings = { name: displayName || name, description };
    return { dashboard: toDashboard(await this.boards.create(scope, settings, tiles)) };
  }

  @Rpc(DashboardService.method.queryDashboard)
  async queryDashboard(
    { dashboardId, window }: QueryDashboardRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof QueryDashboardResponseSchema>> {
    return toAnsweredBoard(await this.answers.query(scope, dashboardId, toAskedTimeOf(window)));
  }

  @Rpc(DashboardService.method.exportTiles)
  async *exportTiles(
    { dashboardId, tileIds, window }: ExportTilesRequest,
    scope: Scope,
  ): AsyncIterable<MessageInitShape<typeof ExportTilesResponseSchema>> {
    const wanted = { tileIds, asked: toAskedTimeOf(window) };
    const names = new Set<string>();
    for await (const answered of this.answers.each(scope, dashboardId, wanted))
      yield* toExport(answered, names);
  }

  @Rpc(DashboardService.method.shareDashboard)
  async shareDashboard(
    { dashboardId, expireTime, renew }: ShareDashboardRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ShareDashboardResponseSchema>> {
    const wanted = { expiresAt: toEnd(expireTime), renew };
    return { share: toShare(await this.boards.share(scope, dashboardId, wanted)) };
  }

  @Rpc(DashboardService.method.revokeShare)
  async revokeShare(
    { dashboardId }: RevokeShareRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeShareResponseSchema>> {
    await this.boards.revokeShare(scope, dashboardId);
    return {};
  }
}
