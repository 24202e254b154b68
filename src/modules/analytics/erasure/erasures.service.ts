import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { AnalyticsStore } from '../../../platform/analytics-store/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { DataSubjects } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ErasedIds } from '../event/index.js';
import { Profiles } from '../profile/index.js';
import { type Erasure, eraseTask, type NamedSubject } from './erasure.js';
import { subjectOf, subjectOfDistinctId, subjectOfExternalId } from './erasure.rules.js';
import { ErasureStore } from './erasure.store.js';
import { eventsOfPerson } from './events-of-person.js';

const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Requests to erase people of the scope's project. */
@Injectable()
export class Erasures {
  constructor(
    private readonly store: ErasureStore,
    private readonly profiles: Profiles,
    private readonly subjects: DataSubjects,
    private readonly erased: ErasedIds,
    private readonly analytics: AnalyticsStore,
  ) {}

  /**
   * Erases a person by any id.
   *
   * @throws AppError PROFILE_NOT_FOUND for an id without profile, events and open request.
   */
  async requestById(scope: Scope, id: string): Promise<Erasure> {
    if (id === '') throw notFound('profile');
    const distinctId = id.toWellFormed();
    // Before anything is locked: the analytics store may let us wait.
    const isKnown =
      (await this.profiles.idsOfPerson(scope, distinctId)) ?? (await this.store.isOpen(scope, distinctId));
    if (!isKnown && !(await this.hasEvents(scope, distinctId))) throw notFound('profile');
    return this.request(scope, distinctId, () => subjectOfDistinctId(scope.project.number, distinctId));
  }

  /** Erases a person by the id that the application gives, also when nothing is known. */
  async requestByExternalId(scope: Scope, externalId: string): Promise<Erasure> {
    if (externalId === '') throw notFound('profile');
    const id = externalId.toWellFormed();
    return this.request(scope, id, () => subjectOfExternalId(scope.project.number, id));
  }

  /** @throws AppError DELETION_REQUEST_NOT_FOUND. */
  async get(scope: Scope, requestId: string): Promise<Erasure> {
    const erasure = uuidForm.test(requestId) ? await this.store.find(scope, requestId) : undefined;
    if (!erasure) throw notFound('deletion request');
    return erasure;
  }

  /** `otherwise`: whom the id means if it leads to no profile. */
  private async request(scope: Scope, id: string, otherwise: () => NamedSubject): Promise<Erasure> {
    await this.profiles.lock(scope);
    const erasure = (await this.store.reopen(scope, id)) ?? (await this.begin(scope, id, otherwise));
    await scope.enqueue({
      task: eraseTask,
      payload: { requestId: erasure.id },
      key: erasure.id,
    });
    await scope.audit('PROFILE_ERASURE_REQUESTED', {
      entityType: 'erasure_request',
      entityId: erasure.id,
      metadata: { project_id: scope.project.id },
    });
    return erasure;
  }

  /** Fixes what is to be erased, refuses what may still arrive, and hides the person. */
  private async begin(scope: Scope, id: string, otherwise: () => NamedSubject): Promise<Erasure> {
    const known = await this.profiles.idsOfPerson(scope, id);
    const subject = known ? subjectOf(scope.project.number, known) : otherwise();
    const erasure = await this.store.insert(scope, uuid(), subject);
    await this.erased.refuse(scope, subject.distinctIds);
    // The same time as that of the deletion: between two of them events would be kept or lost by chance.
    await this.erased.refuseUntil(scope, subject.returningIds, erasure.requestedAt);
    await this.subjects.hide(scope, subject);
    return erasure;
  }

  private async hasEvents(scope: Scope, id: string): Promise<boolean> {
    const reach = { distinctIds: [id], returningIds: [], requestedAt: scope.now() };
    const [row] = await this.analytics.query(scope, eventsOfPerson, reach);
    return (row?.events ?? 0) > 0;
  }
}
