import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { projectIsFed } from './campaign-feed.rules.js';

const find = statement(
  'campaign_feed.find',
  'select project_id as "projectId" from campaign_feed where org_id = $1',
);
const set = statement(
  'campaign_feed.set',
  `insert into campaign_feed (org_id, project_id, changed_at) values ($1, $2, $3)
   on conflict (org_id) do update set project_id = excluded.project_id, changed_at = excluded.changed_at`,
);
const remove = statement('campaign_feed.remove', 'delete from campaign_feed where org_id = $1');
const noteProject = statement(
  'campaign_feed_project.note',
  'insert into campaign_feed_project (org_id, project_id) values ($1, $2) on conflict do nothing',
);
const projects = statement(
  'campaign_feed_project.list',
  'select project_id as "projectId" from campaign_feed_project where org_id = $1 order by project_id',
);

constraintErrors({ campaign_feed_project_fkey: projectIsFed });

/** Into which project the events of campaigns go. */
@Injectable()
export class CampaignFeedStore {
  /** Undefined: the organization wants none. */
  async findProject(scope: Scope): Promise<string | undefined> {
    return (await (await scope.tx()).queryOne<{ projectId: string }>(find, [scope.orgId]))?.projectId;
  }

  async set(scope: Scope, projectId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(set, [scope.orgId, projectId, scope.now()]);
    await tx.execute(noteProject, [scope.orgId, projectId]);
  }

  async remove(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId]);
  }

  /** All that have, or may have, events of campaigns. */
  async projects(scope: Scope): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ projectId: string }>(projects, [scope.orgId]);
    return rows.map(({ projectId }) => projectId);
  }
}
