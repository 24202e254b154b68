import { Injectable } from '@nestjs/common';
import { hashToken } from '@dovecote/secret';
import { refuseEntry } from '../../../platform/caller/organization-entry.rules.js';
import { findOrganizationState } from '../../../platform/caller/organization-state.js';
import { findProject, type Project } from '../../../platform/caller/project.js';
import { AppError } from '../../../platform/errors/index.js';
import { FairQueue } from '../../../platform/fair-queue/fair-queue.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { AddressLimits } from '../../../platform/throttle/address-limits.js';
import { type AskedTime, boardTimeOf } from './asked-time.rules.js';
import type { Board } from './board.js';
import type { AnsweredBoard } from './board-answers.service.js';
import { BoardAnswers } from './board-answers.service.js';
import { boardNotFound } from './board.rules.js';
import { BoardStore } from './board.store.js';
import { isLive } from './share.rules.js';
import { ShareStore } from './share.store.js';

const ofAddress = {
  name: 'shared_dashboard',
  limit: { burst: 60, perSecond: 1 },
  sentence: 'An address may ask for 60 shared dashboards a minute.',
};
/** Whatever token is sent has one, so that the limit does not tell which ones exist. */
const ofToken = {
  name: 'shared_dashboard_link',
  limit: { burst: 120, perSecond: 5 },
  sentence: 'A link answers 5 times a second.',
  subject: 'link',
};
const TOKEN = /^[0-9a-f]{64}$/;
/** Shared boards that are answered at once in this process, and those of one organization: its members come first. */
const ANSWERED_AT_ONCE = 8;
const OF_ONE = 2;
/** Visitors of one organization that wait. */
const MOST_WAITING = 50;
const RETRY_SECONDS = 5;

/** Boards for visitors who have a link and no credential. */
@Injectable()
export class SharedBoards {
  private readonly queue = new FairQueue({
    slots: ANSWERED_AT_ONCE,
    shareOf: () => OF_ONE,
    patienceMs: Infinity,
  });

  constructor(
    private readonly shares: ShareStore,
    private readonly boards: BoardStore,
    private readonly answers: BoardAnswers,
    private readonly scopes: Scopes,
    private readonly limits: AddressLimits,
  ) {}

  /** A link that does not exist, does not work, or leads to what does not answer: DASHBOARD_NOT_FOUND, all alike. */
  async query(scope: Scope, token: string, asked: AskedTime): Promise<AnsweredBoard> {
    await this.limits.take(ofAddress, scope.address ?? '');
    const hash = hashToken(token).toString('hex');
    await this.limits.take(ofToken, hash);
    const found = TOKEN.test(token) ? await this.shares.findByToken(token) : undefined;
    if (!found) throw boardNotFound();
    const origin = { ...originOf(scope), linkedOrgId: found.orgId, readOnly: true };
    const { board, project } = await this.scopes.run(origin, (linked) =>
      this.open(linked, found.boardId, token),
    );
    return this.inTurn(found.orgId, scope.signal, async () => {
      const time = boardTimeOf(asked, board, project.zone, scope.now());
      const tiles = await this.answers.answersOf({ ...origin, project }, project, board.tiles, time);
      return { board, time, tiles };
    });
  }

  private async open(
    scope: Scope,
    boardId: string,
    token: string,
  ): Promise<{ board: Board; project: Project }> {
    const tx = await scope.tx();
    const share = await this.shares.open(scope, boardId, token);
    if (!share || !isLive(share, scope.now())) throw boardNotFound();
    const organization = await findOrganizationState(tx, scope.orgId);
    if (!organization || refuseEntry(organization, scope.now())) throw boardNotFound();
    const project = await findProject(tx, share.projectId);
    const board = project && (await this.boards.findIn(scope, project.id, boardId));
    if (!board) throw boardNotFound();
    return { board, project };
  }

  private async inTurn<T>(
    orgId: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (!this.queue.tryAcquire(orgId)) {
      if (this.queue.waiting((party) => party === orgId) >= MOST_WAITING) throw busy();
      await this.queue.acquire(orgId, signal);
    }
    try {
      return await work();
    } finally {
      this.queue.release(orgId);
    }
  }
}

function busy(): AppError {
  const description = `At most ${MOST_WAITING} visitors of one organization wait at once.`;
  return new AppError(
    'resource_exhausted',
    'ANALYTICS_QUEUE_FULL',
    'Too many visitors ask for shared dashboards; ask again later.',
    { retryAfterSeconds: RETRY_SECONDS, quota: { subject: 'organization', description } },
  );
}
