import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { Task } from '../../../platform/jobs/index.js';
import {
  alreadyPending,
  GRACE_MS,
  type PrivacyRequest,
  refuseDecision,
  requestStatus,
} from './request.rules.js';
import { notFound } from '../../../platform/errors/index.js';
import { PersonalData, takeErasureTurn } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { MemberPrivacy } from '../member/index.js';
import { RequestStore } from './request.store.js';

/** `{ requestId }`: deletes, once it is due. */
export const deleteTask: Task = { name: 'privacy.delete', lane: 'background', priority: 'normal' };

export interface Decision {
  requestId: string;
  /** The address of the person, typed in. */
  confirmation: string;
}

/** Deletions: scheduled, cancelled, hastened, made. */
@Injectable()
export class Deletions {
  constructor(
    private readonly requests: RequestStore,
    private readonly members: MemberPrivacy,
    private readonly personalData: PersonalData,
  ) {}

  async schedule(
    scope: Scope,
    { userId, anonymize }: { userId: string; anonymize: boolean },
  ): Promise<string> {
    // Locks the member: of two who ask at once the second finds the request of the first.
    const { before } = await this.members.deactivateForDeletion(scope, userId);
    if (await this.requests.isPending(scope, userId)) throw alreadyPending();
    const id = uuid();
    const createdAt = scope.now();
    const scheduledFor = new Date(createdAt.getTime() + GRACE_MS);
    const { pending: status } = requestStatus;
    await this.requests.insert(scope, {
      id,
      kind: 'delete',
      userId,
      status,
      anonymize,
      before,
      createdAt,
      scheduledFor,
    });
    await scope.audit('DATA_DELETION_REQUESTED', {
      entityType: 'user',
      entityId: userId,
      metadata: { request_id: id, anonymize: String(anonymize) },
    });
    await scope.enqueue({
      task: deleteTask,
      payload: { requestId: id },
      key: id,
      runAt: scheduledFor,
    });
    return id;
  }

  async cancel(scope: Scope, decision: Decision): Promise<void> {
    const { id, userId } = await this.findForUpdate(scope, decision);
    await this.requests.update(scope, id, { status: requestStatus.failed, reason: 'cancelled' });
    await this.members.restore(scope, userId, await this.requests.standingBefore(scope, id));
    await scope.audit('DELETION_CANCELLED', {
      entityType: 'user',
      entityId: userId,
      metadata: { request_id: id },
    });
  }

  async startNow(scope: Scope, decision: Decision): Promise<void> {
    const { id, userId } = await this.findForUpdate(scope, decision);
    await this.requests.update(scope, id, { status: requestStatus.processing });
    await scope.audit('DELETION_IMMEDIATE', {
      entityType: 'user',
      entityId: userId,
      metadata: { request_id: id },
    });
    // Moves the job that waits for the day.
    await scope.enqueue({ task: deleteTask, payload: { requestId: id }, key: id });
  }

  /** Undefined when there is nothing to do any more, or yet. */
  async begin(scope: Scope, id: string): Promise<PrivacyRequest | undefined> {
    // What was read while the member was active is written by now: nothing is sent to them any more.
    await takeErasureTurn(scope);
    const member = await this.requests.subject(scope, id);
    if (member) await this.members.findForUpdate(scope, member);
    const request = await this.requests.begin(scope, id);
    if (!request?.userId) return undefined;
    if (!(await this.members.isLastSuperAdmin(scope, request.userId))) {
      await this.requests.endExports(scope, request.userId);
      return request;
    }
    // The member was reactivated in the meantime, and is now the last active super admin.
    await this.requests.update(scope, id, { status: requestStatus.failed, reason: 'last super admin' });
    return undefined;
  }

  /** All the rest, and the record of it, at once. */
  async finish(scope: Scope, { id, userId, anonymize }: PrivacyRequest & { userId: string }): Promise<void> {
    // What was written about the member since the erasure began is found; what is written later finds no member.
    await takeErasureTurn(scope);
    const member = await this.members.findForUpdate(scope, userId);
    await this.personalData.erase(scope, { userId, anonymize });
    // The last of all: what the modules keep refers to it.
    if (member && anonymize) await this.members.anonymize(scope, member);
    else if (member) await this.members.delete(scope, member);
    await this.requests.update(scope, id, { status: requestStatus.completed });
  }

  private async findForUpdate(scope: Scope, { requestId, confirmation }: Decision) {
    const userId = await this.requests.subject(scope, requestId);
    if (!userId) throw notFound('deletion');
    // Locks the member before the request, in the same order as every deactivation.
    const member = await this.members.findChangeableForUpdate(scope, userId);
    const request = await this.requests.findForUpdate(scope, requestId, 'delete');
    if (!request?.userId) throw notFound('deletion');
    const refusal = refuseDecision(request, { typed: confirmation, email: member?.email ?? '' });
    if (refusal) throw refusal;
    return { ...request, userId };
  }
}
