import { Injectable } from '@nestjs/common';
import { AnalyticsStore, type StatementOwner } from '../../../platform/analytics-store/index.js';
import {
  type FilterSchema,
  filterSchema,
  keysStatement,
  kindsStatement,
  promotedStatement,
  type PropertyValuesInput,
  propertyValuesStatement,
  traitsStatement,
} from './filter-schema.js';
import { exactFunnelStatement, funnelResult, funnelStatement, isTied } from './funnel.js';
import type { FunnelQuery, InsightQuery } from './insight-query.js';
import type { FunnelResult, InsightResult, ResultOf } from './insight-result.js';
import { lifecycleResult, lifecycleStatement } from './lifecycle.js';
import { mapResult, mapStatement } from './map.js';
import { retentionResult, retentionStatement } from './retention.js';
import { segmentationResult, segmentationStatement } from './segmentation.js';
import { type SegmentUsersQuery, segmentUsersStatement } from './segment-users.js';
import { sessionsResult, sessionsStatement } from './sessions.js';
import { stickinessResult, stickinessStatement } from './stickiness.js';
import { topKResult, topKStatement } from './top-k.js';
import { trendsResult, trendsStatement } from './trends.js';
import { userFlowResult, userFlowStatement } from './user-flow.js';

const VALUES_DAYS = 30;
const DAY_MS = 86_400_000;

/** Answers questions about the events of the call's project. Every answer is exact, and of what the store holds now. */
@Injectable()
export class Insights {
  constructor(private readonly store: AnalyticsStore) {}

  /** Throws what AnalyticsStore throws: the question takes too long or too much, or the engine is unreachable. */
  async evaluate<Query extends InsightQuery>(owner: StatementOwner, query: Query): Promise<ResultOf<Query>> {
    // The type of a question decides that of its answer; TypeScript cannot follow that through a switch.
    return (await this.answer(owner, query)) as ResultOf<Query>;
  }

  private async answer(owner: StatementOwner, query: InsightQuery): Promise<InsightResult> {
    switch (query.type) {
      case 'trends':
        return trendsResult(query, await this.store.query(owner, trendsStatement, query));
      case 'segmentation':
        return segmentationResult(await this.store.query(owner, segmentationStatement, query));
      case 'sessions':
        return sessionsResult(query, await this.store.query(owner, sessionsStatement, query));
      case 'top_k':
        return topKResult(query, await this.store.query(owner, topKStatement, query));
      case 'map':
        return mapResult(await this.store.query(owner, mapStatement, query));
      case 'funnel':
        return this.funnel(owner, query);
      case 'retention':
        return retentionResult(query, await this.store.query(owner, retentionStatement, query));
      case 'user_flow':
        return userFlowResult(await this.store.query(owner, userFlowStatement, query));
      case 'lifecycle':
        return lifecycleResult(query, await this.store.query(owner, lifecycleStatement, query));
      case 'stickiness':
        return stickinessResult(query, await this.store.query(owner, stickinessStatement, query));
    }
  }

  private async funnel(owner: StatementOwner, query: FunnelQuery): Promise<FunnelResult> {
    const rows = await this.store.query(owner, funnelStatement, query);
    return funnelResult(
      query,
      isTied(rows) ? await this.store.query(owner, exactFunnelStatement, query) : rows,
    );
  }

  /** The kinds of events and the properties that occur. `kind`: only properties of events of that kind; empty: of all. */
  async filterSchema(owner: StatementOwner, kind: string): Promise<FilterSchema> {
    // One after the other: a question runs one statement at a time.
    const kinds = await this.store.query(owner, kindsStatement, {});
    const promoted = await this.store.query(owner, promotedStatement, { kind });
    const keys = await this.store.query(owner, keysStatement, { kind });
    const traits = await this.store.query(owner, traitsStatement, {});
    return filterSchema(kinds, promoted[0], keys, traits);
  }

  /** Up to 100 values of a property, the most frequent first; those of events are of the last 30 days. */
  async propertyValues(
    owner: StatementOwner,
    input: Omit<PropertyValuesInput, 'since'>,
    now: Date,
  ): Promise<string[]> {
    const since = now.getTime() - VALUES_DAYS * DAY_MS;
    const rows = await this.store.query(owner, propertyValuesStatement, { ...input, since });
    return rows.map(({ text }) => text);
  }

  /** Distinct ids in ascending order. `next`: the page is full; pass it as `after`. */
  async segmentUsers(
    owner: StatementOwner,
    query: SegmentUsersQuery,
  ): Promise<{ ids: string[]; next: string }> {
    const rows = await this.store.query(owner, segmentUsersStatement, query);
    const ids = rows.map(({ id }) => id);
    return { ids, next: ids.length === query.limit ? (ids.at(-1) ?? '') : '' };
  }
}
