import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface RegionChange {
  id: string;
  userId: string;
  fromRegion: string;
  toRegion: string;
}

const organizationRegion = statement(
  'member_region_change.organization_region',
  'select data_governance_region as region from organization where id = $1',
);
const insert = statement(
  'member_region_change.insert',
  `insert into member_region_change (org_id, id, user_id, from_region, to_region, requested_at)
   values ($1, $2, $3, $4, $5, $6)`,
);
const complete = statement(
  'member_region_change.complete',
  `update member_region_change set completed_at = $3
    where org_id = $1 and id = $2 and completed_at is null
   returning id, user_id as "userId", from_region as "fromRegion", to_region as "toRegion"`,
);

@Injectable()
export class RegionChangeStore {
  async organizationRegion(scope: Scope): Promise<string> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ region: string }>(organizationRegion, [scope.orgId]))?.region ?? '';
  }

  async insert(scope: Scope, { id, userId, fromRegion, toRegion }: RegionChange): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insert, [scope.orgId, id, userId, fromRegion, toRegion, scope.now()]);
  }

  /** Undefined when the change is already complete, or its member is deleted. */
  async complete(scope: Scope, id: string): Promise<RegionChange | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<RegionChange>(complete, [scope.orgId, id, scope.now()]);
  }
}
