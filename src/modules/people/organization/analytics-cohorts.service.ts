import { randomBytes } from 'node:crypto';
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

const SALT_BYTES = 32;
const initial = { bucketCount: 64, epsilon: 1 };

/** Keeps the people behind analytics apart from their figures. The salt leaves neither the server nor its memory. */
@Injectable()
export class AnalyticsCohorts {
  constructor(
    private readonly store: AnalyticsCohortStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  async get(scope: Scope): Promise<Cohorts> {
    const { sealedSalt, ...rest } = await this.findOrMake(scope);
    return { ...rest, salt: this.envelope.open(sealedSalt, sealContext(scope.orgId)) };
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

  /** The number as it was stored, in single precision. */
  async setEpsilon(scope: Scope, epsilon: number): Promise<number> {
    const { epsilon: present } = await this.findOrMake(scope);
    const changed = await this.store.setEpsilon(scope, epsilon);
    if (!changed) throw new Error('The row was deleted in the meantime.');
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
