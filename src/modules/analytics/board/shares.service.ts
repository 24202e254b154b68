import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import type { Share } from './board.js';
import { isLive, refuseEnd } from './share.rules.js';
import { type ShareRow, ShareStore } from './share.store.js';

/** The share links of boards. A change of one holds the lock of the board's row. */
@Injectable()
export class Shares {
  constructor(
    private readonly store: ShareStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  /** The link that works now. */
  async find(scope: Scope, boardId: string): Promise<Share | undefined> {
    return this.shown(scope, await this.store.find(scope, boardId));
  }

  /** The links of a project that work now, by the id of the board. */
  async ofProject(scope: Scope): Promise<ReadonlyMap<string, Share>> {
    const rows = await this.store.listOfProject(scope);
    return new Map(
      rows.flatMap((row) => {
        const share = this.shown(scope, row);
        return share ? [[row.boardId, share]] : [];
      }),
    );
  }

  /**
   * Turns the link on. One that was turned off is the same again; one that has expired, or is to be renewed, is replaced.
   * `expiresAt`: null for no end, undefined for the one that it has.
   */
  async enable(
    scope: Scope,
    boardId: string,
    { expiresAt, renew = false }: { expiresAt?: Date | null; renew?: boolean } = {},
  ): Promise<Share> {
    const refusal = expiresAt && refuseEnd(expiresAt, scope.now());
    if (refusal) throw refusal;
    const known = await this.store.find(scope, boardId);
    if (!known || renew || !isLive({ ...known, enabled: true }, scope.now())) {
      const token = randomBytes(32).toString('hex');
      const sealedToken = this.envelope.seal(token, sealContext(scope.orgId, boardId));
      const share = { token, expiresAt: expiresAt ?? null };
      await this.store.replace(scope, boardId, { ...share, sealedToken });
      await this.record(scope, boardId, share);
      return share;
    }
    const share = {
      token: this.opened(scope, known),
      expiresAt: expiresAt === undefined ? known.expiresAt : expiresAt,
    };
    const isChanged = !known.enabled || share.expiresAt?.getTime() !== known.expiresAt?.getTime();
    if (!isChanged) return share;
    await this.store.update(scope, { boardId, enabled: true, expiresAt: share.expiresAt });
    await this.record(scope, boardId, share);
    return share;
  }

  /** Turns the link off; turned on again it is the same. */
  async disable(scope: Scope, boardId: string): Promise<void> {
    const known = await this.store.find(scope, boardId);
    if (!known?.enabled) return;
    await this.store.update(scope, { ...known, enabled: false });
    await scope.audit('DASHBOARD_UNSHARED', { entityType: 'dashboard', entityId: boardId });
  }

  /** For good: turned on again it is another one. */
  async revoke(scope: Scope, boardId: string): Promise<void> {
    const known = await this.store.find(scope, boardId);
    if (!known) return;
    await this.store.delete(scope, boardId);
    if (!known.enabled) return;
    await scope.audit('DASHBOARD_UNSHARED', { entityType: 'dashboard', entityId: boardId });
  }

  private async record(scope: Scope, boardId: string, { expiresAt }: Share): Promise<void> {
    await scope.audit('DASHBOARD_SHARED', {
      entityType: 'dashboard',
      entityId: boardId,
      metadata: { expires_at: expiresAt?.toISOString() ?? '' },
    });
  }

  private shown(scope: Scope, row: ShareRow | undefined): Share | undefined {
    if (!row || !isLive(row, scope.now())) return undefined;
    return { token: this.opened(scope, row), expiresAt: row.expiresAt };
  }

  private opened({ orgId }: Scope, { boardId, sealedToken }: ShareRow): string {
    return this.envelope.open(sealedToken, sealContext(orgId, boardId)).toString();
  }
}

const sealContext = sealedColumn(
  { table: 'board_share', column: 'sealed_token', places: ['org_id', 'board_id'] },
  (orgId, boardId) => `board_share.sealed_token/${orgId}/${boardId}`,
);
