import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface SealedCohorts {
  sealedSalt: Buffer;
  bucketCount: number;
  epsilon: number;
  /** When the salt was made. */
  rotatedAt: Date;
}

/** Epsilon from a day on, `YYYY-MM-DD`. */
export interface EpsilonChange {
  fromDay: string;
  epsilon: number;
}

const columns =
  'sealed_salt as "sealedSalt", bucket_count as "bucketCount", epsilon, rotated_at as "rotatedAt"';

const find = statement('analytics_cohort.find', `select ${columns} from analytics_cohort where org_id = $1`);
const insert = statement(
  'analytics_cohort.insert',
  `insert into analytics_cohort (org_id, sealed_salt, bucket_count, epsilon, rotated_at) values ($1, $2, $3, $4, $5)
   on conflict (org_id) do nothing`,
);
// Decided in the statement itself: two rotations at once go one after the other, and the second sees the first.
const rotate = statement(
  'analytics_cohort.rotate',
  `update analytics_cohort
      set sealed_salt = $2, rotated_at = $4, bucket_count = case when $3 = 0 then bucket_count else $3 end
    where org_id = $1 and ($3 = 0 or bucket_count <= $3)
   returning ${columns}`,
);
const setEpsilon = statement(
  'analytics_cohort.set_epsilon',
  `update analytics_cohort set epsilon = $2 where org_id = $1 returning ${columns}`,
);
// Until its first day has come, a change can be changed.
const noteEpsilon = statement(
  'analytics_epsilon.note',
  `insert into analytics_epsilon (org_id, from_day, epsilon) values ($1, $2, $3)
   on conflict (org_id, from_day) do update set epsilon = excluded.epsilon`,
);
const epsilons = statement(
  'analytics_epsilon.list',
  `select to_char(from_day, 'YYYY-MM-DD') as "fromDay", epsilon from analytics_epsilon where org_id = $1
    order by from_day`,
);

@Injectable()
export class AnalyticsCohortStore {
  async find(scope: Scope): Promise<SealedCohorts | undefined> {
    return (await scope.tx()).queryOne<SealedCohorts>(find, [scope.orgId]);
  }

  /** Changes nothing where there are some already. */
  async insert(
    scope: Scope,
    { sealedSalt, bucketCount, epsilon }: Omit<SealedCohorts, 'rotatedAt'>,
  ): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insert, [scope.orgId, sealedSalt, bucketCount, epsilon, scope.now()]);
  }

  /** Undefined when there are more buckets than that already; 0 keeps their number. */
  async rotate(scope: Scope, sealedSalt: Buffer, bucketCount: number): Promise<SealedCohorts | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<SealedCohorts>(rotate, [scope.orgId, sealedSalt, bucketCount, scope.now()]);
  }

  async setEpsilon(scope: Scope, epsilon: number): Promise<SealedCohorts | undefined> {
    return (await scope.tx()).queryOne<SealedCohorts>(setEpsilon, [scope.orgId, epsilon]);
  }

  /** From which day on which epsilon holds, the earliest first. Before the first of them: the initial one. */
  async epsilons(scope: Scope): Promise<EpsilonChange[]> {
    return (await scope.tx()).query<EpsilonChange & Record<string, unknown>>(epsilons, [scope.orgId]);
  }

  async noteEpsilon(scope: Scope, { fromDay, epsilon }: EpsilonChange): Promise<void> {
    await (await scope.tx()).execute(noteEpsilon, [scope.orgId, fromDay, epsilon]);
  }
}
