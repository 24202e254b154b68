import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../platform/database/index.js';
import type { Scope } from '../../platform/scope/index.js';

// Messages made for one person alone say something about them. No index leads from a message to its deliveries, for the
// sake of the fan-out: this reads those of the organization once.
const ownMessages = setStatement(
  'forget.own_messages',
  `with mine as (
     select distinct content_id from delivery where org_id = $1 and user_id = $2 and content_id is not null)
   select content_id as id from mine
    where not exists (select from delivery d
      where d.org_id = $1 and d.user_id <> $2 and d.content_id = mine.content_id)`,
);
const detachMessages = setStatement(
  'forget.detach_messages',
  `update delivery set content_id = null where org_id = $1 and user_id = $2 and content_id = any($3)`,
);
// Somebody may have got the same message meanwhile: then it is not theirs alone any more, and stays.
const deleteMessages = setStatement(
  'forget.delete_messages',
  `delete from message m where org_id = $1 and content_id = any($2)
      and not exists (select from delivery d where d.org_id = m.org_id and d.content_id = m.content_id)`,
);
const deleteDeliveries = setStatement(
  'forget.delete_deliveries',
  `delete from delivery where org_id = $1 and id = any(array(
     select id from delivery where org_id = $1 and user_id = $2 limit $3))`,
);
const deleteAudiences = setStatement(
  'forget.delete_audiences',
  'delete from campaign_audience_member where org_id = $1 and user_id = $2',
);
const emptyAudiences = setStatement(
  'forget.empty_audiences',
  `update campaign_audience_member set variables = '{}' where org_id = $1 and user_id = $2 and variables <> '{}'`,
);
const deleteLeftOut = setStatement(
  'forget.delete_left_out',
  'delete from campaign_left_out where org_id = $1 and user_id = $2',
);
const deleteInbox = statement('forget.delete_inbox', 'delete from inbox where org_id = $1 and user_id = $2');
const deleteDevices = statement(
  'forget.delete_devices',
  'delete from device where org_id = $1 and user_id = $2',
);
const deletePushes = setStatement(
  'forget.delete_pushes',
  `delete from push_outbox where org_id = $1 and device_id in
     (select device_id from device where org_id = $1 and user_id = $2)`,
);
const deleteRosters = statement(
  'forget.delete_rosters',
  'delete from roster_member where org_id = $1 and user_id = $2',
);
const deleteRegions = statement(
  'forget.delete_regions',
  'delete from member_region_change where org_id = $1 and user_id = $2',
);
// Also logins that came to nothing, and name the person only by what the provider said.
const deleteLogins = setStatement(
  'forget.delete_logins',
  `delete from sso_login l using member m
    where m.org_id = $1 and m.id = $2 and l.org_id = m.org_id
      and (l.user_id = m.id or l.identity_id = m.identity_id
        or position(m.email in lower(concat(l.email, l.subject, l.detail, l.attributes))) > 0)`,
);
const deleteSubjects = statement(
  'forget.delete_subjects',
  'delete from sso_subject where org_id = $1 and user_id = $2',
);
const deleteDirectoryUsers = statement(
  'forget.delete_directory_users',
  'delete from scim_user where org_id = $1 and user_id = $2',
);
const deleteDirectoryGroups = statement(
  'forget.delete_directory_groups',
  'delete from scim_group_member where org_id = $1 and user_id = $2',
);
const deleteBreakGlass = statement(
  'forget.delete_break_glass',
  'delete from sso_break_glass where org_id = $1 and user_id = $2',
);
const deleteBreakGlassUses = statement(
  'forget.delete_break_glass_uses',
  'delete from sso_break_glass_use where org_id = $1 and user_id = $2',
);
const blankConsents = setStatement(
  'forget.blank_consents',
  `update privacy_consent set actor_email = '' where org_id = $1 and actor_id = $2::text and actor_email <> ''`,
);

const categories = setStatement(
  'forget.categories',
  `select exists (select from member where org_id = $1 and id = $2) as profile,
          exists (select from device where org_id = $1 and user_id = $2) as devices,
          exists (select from roster_member where org_id = $1 and user_id = $2) as groups,
          exists (select from campaign_audience_member where org_id = $1 and user_id = $2) as audiences,
          exists (select from delivery where org_id = $1 and user_id = $2) as deliveries,
          exists (select from member_region_change where org_id = $1 and user_id = $2) as regions,
          exists (select from privacy_consent where org_id = $1 and actor_id = $2::text) as consents,
          exists (select from privacy_request where org_id = $1 and user_id = $2) as requests,
          exists (select from audit_event where org_id = $1 and actor_id = $2::text) as audit,
          exists (select from sso_login where org_id = $1 and user_id = $2) as logins,
          exists (select from session s join member m on m.identity_id = s.identity_id
                   where m.org_id = $1 and m.id = $2) as sessions`,
);

export type Category =
  | 'profile'
  | 'devices'
  | 'groups'
  | 'audiences'
  | 'deliveries'
  | 'regions'
  | 'consents'
  | 'requests'
  | 'audit'
  | 'logins'
  | 'sessions';

/** What other modules' tables hold about one member. */
@Injectable()
export class ForgetStore {
  /** Contents that nobody else has received. */
  async ownMessages(scope: Scope, userId: string): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(ownMessages, [scope.orgId, userId]);
    return rows.map(({ id }) => id);
  }

  async deleteMessages(scope: Scope, userId: string, contentIds: readonly string[]): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(detachMessages, [scope.orgId, userId, contentIds]);
    await tx.execute(deleteMessages, [scope.orgId, contentIds]);
  }

  /** How many were deleted: fewer than `most` when none is left. */
  async deleteDeliveries(scope: Scope, userId: string, most: number): Promise<number> {
    const { rowCount } = await (await scope.tx()).execute(deleteDeliveries, [scope.orgId, userId, most]);
    return rowCount ?? 0;
  }

  /** That they were meant goes as well, or only what was to be said to them. */
  async clearAudiences(scope: Scope, userId: string, { keepPlaces }: { keepPlaces: boolean }): Promise<void> {
    await (await scope.tx()).execute(keepPlaces ? emptyAudiences : deleteAudiences, [scope.orgId, userId]);
  }

  /** Everything that only served them. */
  async deleteBelongings(scope: Scope, userId: string): Promise<void> {
    const tx = await scope.tx();
    const all = [
      deletePushes,
      deleteDevices,
      deleteRosters,
      deleteRegions,
      deleteLeftOut,
      deleteInbox,
      deleteLogins,
      deleteSubjects,
      deleteDirectoryUsers,
      deleteDirectoryGroups,
      deleteBreakGlass,
      deleteBreakGlassUses,
      blankConsents,
    ];
    for (const one of all) await tx.execute(one, [scope.orgId, userId]);
  }

  async categories(scope: Scope, userId: string): Promise<Category[]> {
    const tx = await scope.tx();
    const found = await tx.queryOne<Record<Category, boolean>>(categories, [scope.orgId, userId]);
    // The row has the columns of the query above.
    return Object.entries(found ?? {}).flatMap(([name, held]) => (held ? [name as Category] : []));
  }
}
