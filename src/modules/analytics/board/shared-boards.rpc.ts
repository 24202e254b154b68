import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  SharedDashboardsService,
  type SharedDashboardsServiceQueryRequest,
  type SharedDashboardsServiceQueryResponseSchema,
} from '@dovecote/contract/public/dashboards/v1/dashboards_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { withoutPersons } from './shared-board.mapper.js';
import { SharedBoards } from './shared-boards.service.js';
import { toAskedTime, toRendered } from './shipped-board.mapper.js';

@Controller()
export class SharedBoardsRpc {
  constructor(private readonly shared: SharedBoards) {}

  @Rpc(SharedDashboardsService.method.query)
  async query(
    request: SharedDashboardsServiceQueryRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SharedDashboardsServiceQueryResponseSchema>> {
    const { board, tiles } = await this.shared.query(scope, request.shareId, toAskedTime(request));
    return { dashboard: toRendered(board, tiles.map(withoutPersons)) };
  }
}
