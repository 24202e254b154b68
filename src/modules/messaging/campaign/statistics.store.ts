import { Injectable } from '@nestjs/common';
import type { WorkflowDefinition } from '@dovecote/workflow';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  type CountedDeliveries,
  countedDeliveries,
  type DeliveryTally,
  skipTallies,
  type SkipTally,
  talliesAt,
} from '../delivery/index.js';
import type { CampaignStatus } from './campaign.js';

/** Where a running campaign stood at an instant. */
interface SnapshotOfRun {
  stepId: string;
  enteredAt: Date;
  round: number;
  wakeAt: Date | null;
  pausedAt: Date | null;
  /** Places of the audience that the step is done with. */
  placesDone: number;
}

/** A campaign and its ledger at one instant. */
export interface CampaignSnapshot {
  campaignId: string;
  takenAt: Date;
  status: CampaignStatus;
  workflow: WorkflowDefinition;
  audienceSize: number;
  leftOut: number;
  /** Null unless it runs. */
  run: SnapshotOfRun | null;
  tallies: DeliveryTally[];
  skips: SkipTally[];
  counted: CountedDeliveries;
}

// One statement has one snapshot. Places are counted from 1.
const take = setStatement(
  'campaign.snapshot',
  `with taken as (
     select date_trunc('milliseconds', statement_timestamp() + make_interval(secs => $3)) as at)
   select c.id as "campaignId", taken.at as "takenAt", c.status, c.workflow, c.audience_size as "audienceSize",
          (select count(*) from campaign_left_out where org_id = $1 and campaign_id = $2)::int as "leftOut",
          r.step_id as "stepId", r.entered_at as "enteredAt", r.round, r.wake_at as "wakeAt", r.paused_at as "pausedAt",
          (select coalesce(sum(upper(span) - lower(span)), 0)
             from unnest(r.done * int4multirange(int4range(1, c.audience_size + 1))) span)::int as "placesDone",
          ${talliesAt('taken.at')} as tallies, ${skipTallies} as skips, ${countedDeliveries} as counted
     from taken cross join campaign c
     left join campaign_run r on r.org_id = c.org_id and r.campaign_id = c.id
    where c.org_id = $1 and c.id = $2`,
);

type Row = Omit<CampaignSnapshot, 'run'> & Omit<SnapshotOfRun, 'stepId'> & { stepId: string | null };

@Injectable()
export class StatisticsStore {
  async snapshot(scope: Scope, campaignId: string): Promise<CampaignSnapshot | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<Row>(take, [scope.orgId, campaignId, scope.travelledSeconds]);
    return row && toSnapshot(row);
  }
}

function toSnapshot(row: Row): CampaignSnapshot {
  const { stepId, enteredAt, round, wakeAt, pausedAt, placesDone, ...rest } = row;
  const run = stepId === null ? null : { stepId, enteredAt, round, wakeAt, pausedAt, placesDone };
  return { ...rest, run };
}
