import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** The heat maps of an organization. */
export interface HeatmapRow {
  /** Names its touches in the analytics store. */
  readonly number: number;
  readonly sealedSeed: Buffer;
}

const find = statement(
  'heatmap.find',
  'select number, sealed_seed as "sealedSeed" from heatmap where org_id = $1',
);
const insert = statement(
  'heatmap.insert',
  `insert into heatmap (org_id, sealed_seed, created_at) values ($1, $2, $3) on conflict (org_id) do nothing`,
);

@Injectable()
export class HeatmapStore {
  async find(scope: Scope): Promise<HeatmapRow | undefined> {
    return (await scope.tx()).queryOne<HeatmapRow & Record<string, unknown>>(find, [scope.orgId]);
  }

  /** Changes nothing where there are some already. */
  async insert(scope: Scope, sealedSeed: Buffer): Promise<void> {
    await (await scope.tx()).execute(insert, [scope.orgId, sealedSeed, scope.now()]);
  }
}
