import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { EnrollmentStore, type WaitingCampaign } from './enrollment.store.js';

/** Sends what waits for people to enroll, in campaigns that wait for it, once they have a device. */
@Injectable()
export class Enrollment {
  constructor(private readonly store: EnrollmentStore) {}

  /** Everything of these campaigns that waits for one person. */
  async sendToUser(scope: Scope, userId: string, campaigns: readonly WaitingCampaign[]): Promise<void> {
    let total = 0;
    // Until nothing is found: a client that has just synced one of them says nothing about the others.
    for (let found = -1; found !== 0;) {
      const piece = await this.store.send(scope, campaigns, userId);
      found = piece.found;
      total += piece.sent;
    }
    if (total > 0) await this.record(scope, { entityType: 'user', entityId: userId }, total);
  }

  /** A piece of what waits in one campaign; false when nothing does. */
  async sendNext(scope: Scope, campaign: WaitingCampaign): Promise<boolean> {
    const { found, sent } = await this.store.send(scope, [campaign]);
    if (sent > 0) await this.record(scope, { entityType: 'campaign', entityId: campaign.id }, sent);
    return found > 0;
  }

  private record(scope: Scope, entity: { entityType: string; entityId: string }, sent: number) {
    return scope.audit('MESSAGE_SENT', {
      ...entity,
      metadata: { deliveries: String(sent), cause: 'enrollment' },
    });
  }
}
