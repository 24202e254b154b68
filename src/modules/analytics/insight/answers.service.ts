import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { Profiles } from '../profile/index.js';
import type { FilterSchema, PropertyValuesInput } from './filter-schema.js';
import type { InsightQuery } from './insight-query.js';
import type { InsightResult, ResultOf, TopKResult } from './insight-result.js';
import { Insights } from './insights.service.js';
import { Questions } from './questions.service.js';
import type { SegmentUsersQuery } from './segment-users.js';

/** Answers the questions of calls, when it is their turn: see Questions. */
@Injectable()
export class Answers {
  constructor(
    private readonly insights: Insights,
    private readonly profiles: Profiles,
    private readonly questions: Questions,
  ) {}

  /** Throws what Insights throws, and RESOURCE_EXHAUSTED (`ANALYTICS_QUEUE_FULL`) when too many questions wait. */
  async evaluate<Query extends InsightQuery>(scope: Scope, query: Query): Promise<ResultOf<Query>> {
    const result = await this.questions.ask(scope, ['evaluate', query], (owner) =>
      this.insights.evaluate<InsightQuery>(owner, query),
    );
    // The type of a question decides that of its answer.
    return (result.type === 'top_k' ? await this.withTraits(scope, result) : result) as ResultOf<Query>;
  }

  /** A person whose profile was merged or deleted since it was mirrored has none. */
  private async withTraits(scope: Scope, result: TopKResult): Promise<InsightResult> {
    const ids = result.rows.flatMap(({ profile }) => (profile ? [profile.id] : []));
    const traits = await this.profiles.traits(scope, ids);
    const rows = result.rows.map(({ profile, ...row }) => {
      const properties = profile && traits.get(profile.id);
      return properties ? { ...row, profile: { ...profile, properties } } : row;
    });
    return { ...result, rows };
  }

  filterSchema(scope: Scope, kind: string): Promise<FilterSchema> {
    return this.questions.ask(scope, ['filterSchema', kind], (owner) =>
      this.insights.filterSchema(owner, kind),
    );
  }

  propertyValues(scope: Scope, input: Omit<PropertyValuesInput, 'since'>): Promise<string[]> {
    return this.questions.ask(scope, ['propertyValues', input], (owner) =>
      this.insights.propertyValues(owner, input, scope.now()),
    );
  }

  segmentUsers(scope: Scope, query: SegmentUsersQuery): Promise<{ ids: string[]; next: string }> {
    return this.questions.ask(scope, ['segmentUsers', query], (owner) =>
      this.insights.segmentUsers(owner, query),
    );
  }
}
