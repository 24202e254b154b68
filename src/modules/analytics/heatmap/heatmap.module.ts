import { Module } from '@nestjs/common';
import { MemberModule } from '../../people/member/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { EventModule } from '../event/index.js';
import { InsightModule } from '../insight/index.js';
import { AllowanceStore } from './allowance.store.js';
import { Collection } from './collection.js';
import { HeatDrawing } from './heat-drawing.js';
import { PurgeAllowances, RemoveUnusedScreenshot } from './heatmap.jobs.js';
import { HeatmapRpc } from './heatmap.rpc.js';
import { HeatmapStore } from './heatmap.store.js';
import { Heatmaps } from './heatmaps.service.js';
import { ScreenshotStore } from './screenshot.store.js';
import { Screenshots } from './screenshots.service.js';
import { Touches } from './touches.service.js';

/**
 * A heat map shows where the members of an organization touch a screen of its app, without showing who.
 *
 * - A touch is stored with the cohort of the member, a day and a cell. Nothing leads back to a member, nor from one touch to
 *   the next.
 * - Of a member's day at most so many touches are counted as `dailyCap` says.
 * - An answer is made of counts with noise only; a count has one noise, whatever is asked, and however often. What all answers
 *   tell of a member's day is bounded by the organization's epsilon (budget.rules.ts).
 * - Days that are not over are not answered, and neither are screens with fewer than five cohorts.
 * - A screen has one picture for each version of the app: a PNG file without metadata, and without the member who sent it.
 */
@Module({
  imports: [EventModule, InsightModule, MemberModule, OrganizationModule],
  controllers: [HeatmapRpc],
  providers: [
    AllowanceStore,
    Collection,
    HeatDrawing,
    HeatmapStore,
    Heatmaps,
    PurgeAllowances,
    RemoveUnusedScreenshot,
    Screenshots,
    ScreenshotStore,
    Touches,
  ],
  exports: [Collection],
})
export class HeatmapModule {}
