import { createHmac, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { invalidArgument } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { AnalyticsCohortStore, type SealedCohorts } from './analytics-cohorts.store.js';

/** How people are assigned to cohorts: by a hash of salt and person, modulo the number of buckets. */
export interface Cohorts {
  salt: Buffer;
  bucketCount: number;
  /** Epsilon of differential privacy: the noise of derived figures; lower is more private. */
  epsilon: number;
}

/** The cohort of a person, under the salt that was made then. */
export interface Assignment {
  bucket: number;
  saltedAt: Date;
}

const SALT_BYTES = 32;
const DAY_MS = 86_400_000;
const initial = { bucketCount: 64, epsilon: 1 };

/** Keeps the people behind analytics apart from their figures. The salt leaves neither the server nor its memory. */
@Injectable()
export class AnalyticsCohorts {
  constructor(
    private readonly store: AnalyticsCohortStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  async get(scope: Scope): Promise<Cohorts> {
    const { sealedSalt, bucketCount, epsilon } = await this.findOrMake(scope);
    return { bucketCount, epsilon, salt: this.envelope.open(sealedSalt, sealContext(scope.orgId)) };
  }

  /** To which cohort a member belongs, as long as the salt is not replaced. */
  async assign(scope: Scope, memberId: string): Promise<Assignment> {
    const { sealedSalt, bucketCount, rotatedAt } = await this.findOrMake(scope);
    const salt = this.envelope.open(sealedSalt, sealContext(scope.orgId));
    const hash = createHmac('sha256', salt).update(memberId).digest();
    // 48 bits: the remainder prefers no bucket by more than one part in 2^36.
    return { bucket: hash.readUIntBE(0, 6) % bucketCount, saltedAt: rotatedAt };
  }

  /** How many cohorts there are. */
  async count(scope: Scope): Promise<number> {
    return (await this.store.find(scope))?.bucketCount ?? initial.bucketCount;
  }

  /** Which epsilon holds for each of the days, `YYYY-MM-DD`: one that has begun never gets another. */
  async epsilonsOf(scope: Scope, days: readonly string[]): Promise<number[]> {
    const changes = await this.store.epsilons(scope);
    return days.map((day) => changes.findLast(({ fromDay }) => fromDay <= day)?.epsilon ?? initial.epsilon);
  }

  /** Discards the old salt: figures from before cannot be joined with figures from after. */
  async rotateSalt(scope: Scope, newBucketCount: number): Promise<number> {
    const { bucketCount: present } = await this.findOrMake(scope);
    const rotated = await this.store.rotate(scope, this.newSalt(scope), newBucketCount);
    if (!rotated) {
      throw invalidArgument([
        { field: 'new_bucket_count', description: `must be at least ${present}, the number of buckets now` },
      ]);
    }
    await this.audit(scope, { analytics_salt: 'rotated', bucket_count: String(rotated.bucketCount) });
    return rotated.bucketCount;
  }

  /**
   * The number as it was stored, in single precision. Figures of today, and of the days before, keep the noise that they
   * have: what was told twice, with two noises, would be told more exactly than either of them allows.
   */
  async setEpsilon(scope: Scope, epsilon: number): Promise<number> {
    const { epsilon: present } = await this.findOrMake(scope);
    const changed = await this.store.setEpsilon(scope, epsilon);
    if (!changed) throw new Error('The row was deleted in the meantime.');
    const tomorrow = new Date(scope.now().getTime() + DAY_MS).toISOString().slice(0, 10);
    await this.store.noteEpsilon(scope, { fromDay: tomorrow, epsilon: changed.epsilon });
    await this.audit(scope, { analytics_epsilon: `${present} -> ${changed.epsilon}` });
    return changed.epsilon;
  }

  /** Made when first asked for. */
  private async findOrMake(scope: Scope): Promise<SealedCohorts> {
    const known = await this.store.find(scope);
    if (known) return known;
    await this.store.insert(scope, { ...initial, sealedSalt: this.newSalt(scope) });
    const made = await this.store.find(scope);
    if (!made) throw new Error('The inserted row does not exist.');
    return made;
  }

  private newSalt(scope: Scope): Buffer {
    return this.envelope.seal(randomBytes(SALT_BYTES), sealContext(scope.orgId));
  }

  private audit(scope: Scope, metadata: Record<string, string>): Promise<void> {
    return scope.audit('ORG_UPDATED', { entityType: 'organization', entityId: scope.orgId, metadata });
  }
}

const sealContext = sealedColumn(
  { table: 'analytics_cohort', column: 'sealed_salt', places: ['org_id'] },
  (orgId) => `analytics-salt/${orgId}`,
);
