import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { InsightModule } from '../insight/index.js';
import { BoardRpc } from './board.rpc.js';
import { BoardAnswers } from './board-answers.service.js';
import { BoardStore } from './board.store.js';
import { Boards } from './boards.service.js';
import { DocumentedBoardsRpc } from './documented-boards.rpc.js';
import { boardPersonalData } from './personal-data.store.js';
import { ShareStore } from './share.store.js';
import { SharedBoards } from './shared-boards.service.js';
import { SharedBoardsRpc } from './shared-boards.rpc.js';
import { Shares } from './shares.service.js';
import { ShippedBoardsRpc } from './shipped-boards.rpc.js';

/**
 * A board is a set of tiles, questions and notes, that members keep for a project. One board is seen through both
 * contracts.
 * Invariants: a save replaces all tiles or none; its version rises with each change; what a contract cannot show of a tile
 * is kept when the tile comes back through it unchanged; a tile that fails spoils no other; a link shows its board, without
 * persons, until it is turned off, revoked or expired, and no longer than its project and organization answer.
 */
@Module({
  imports: [InsightModule],
  controllers: [ShippedBoardsRpc, DocumentedBoardsRpc, BoardRpc, SharedBoardsRpc],
  providers: [Boards, BoardStore, BoardAnswers, Shares, ShareStore, SharedBoards],
})
export class BoardModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(boardPersonalData);
  }
}
