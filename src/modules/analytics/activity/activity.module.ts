import { Module } from '@nestjs/common';
import { InsightModule } from '../insight/index.js';
import { ProfileModule } from '../profile/index.js';
import { Activities } from './activities.service.js';
import { ActivityDaysRpc } from './activity-days.rpc.js';
import { DocumentedActivityRpc } from './documented-activity.rpc.js';
import { SharedActivityRpc } from './shared-activity.rpc.js';

/**
 * Single events of a project, newest first, and what they say about a person. Both contracts are mapped to one feed.
 * Invariants: an event that existed when its page was asked for comes once in a walk through the pages, whatever arrives in
 * between; a feed holds events of the call's project only.
 */
@Module({
  imports: [InsightModule, ProfileModule],
  controllers: [ActivityDaysRpc, DocumentedActivityRpc, SharedActivityRpc],
  providers: [Activities],
})
export class ActivityModule {}
