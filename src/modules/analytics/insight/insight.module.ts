import { Module } from '@nestjs/common';
import { ProfileModule } from '../profile/index.js';
import { ProjectModule } from '../project/index.js';
import { Answers } from './answers.service.js';
import { ComparisonRpc } from './comparison.rpc.js';
import { DocumentedInsightsRpc } from './documented-insights.rpc.js';
import { Insights } from './insights.service.js';
import { Questions } from './questions.service.js';
import { SharedInsightsRpc } from './shared-insights.rpc.js';

/**
 * Questions about the events of a project, and their answers. Both contracts are mapped to one typed question
 * (insight-query.ts), which becomes one statement to the analytics store; its rows become a typed answer.
 * Invariants: an answer is exact, and holds rows of the call's project only; a bucket is an instant in the project's zone.
 */
@Module({
  imports: [ProfileModule, ProjectModule],
  controllers: [SharedInsightsRpc, DocumentedInsightsRpc, ComparisonRpc],
  providers: [Insights, Answers, Questions],
  exports: [Answers, Questions],
})
export class InsightModule {}
