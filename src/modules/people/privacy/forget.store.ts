import { Injectable } from '@nestjs/common';
import { MAX as lastUuid } from 'uuid';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

// Two indexes hold the deliveries of a person: those that were rendered, and those that never were or are no more.
const deliveriesOf = `select id from delivery where org_id = $1 and user_id = $2 and content_id is not null
   union all select id from delivery where org_id = $1 and user_id = $2 and content_id is null`;

// Messages made for one person alone say something about them. A piece of those that they received; a look for each, since
// one who received very many would else make it worth reading those of everybody.
const receivedMessages = setStatement(
  'forget.received_messages',
  `with piece as (
     select distinct content_id from delivery where org_id = $1 and user_id = $2 and content_id > $3
      order by content_id limit $4)
   select content_id as id, (select true from delivery d
            where d.org_id = $1 and d.content_id = piece.content_id and d.user_id <> $2 limit 1) is null as own
     from piece order by content_id`,
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
     select id from (${deliveriesOf}) mine limit $3))`,
);
// Audiences are found by campaign: one look for each, instead of reading all of them.
const inAnyCampaign =
  'org_id = $1 and user_id = $2 and campaign_id = any(array(select id from campaign where org_id = $1))';
const deleteAudiences = setStatement(
  'forget.delete_audiences',
  `delete from campaign_audience_member where ${inAnyCampaign}`,
);
const emptyAudiences = setStatement(
  'forget.empty_audiences',
  `update campaign_audience_member set variables = '{}' where ${inAnyCampaign} and variables <> '{}'`,
);
const deleteLeftOut = setStatement(
  'forget.delete_left_out',
  `delete from campaign_left_out where ${inAnyCampaign}`,
);
const deleteInbox = statement('forget.delete_inbox', 'delete from inbox where org_id = $1 and user_id = $2');
const deleteDevices = statement(
  'forget.delete_devices',
  'delete from device where org_id = $1 and user_id = $2',
);
const deletePushes = setStatement(
  'forget.delete_pushes',
  `delete from push_outbox where org_id = $1 and delivery_id = any(array(${deliveriesOf}))`,
);
const deleteRosters = statement(
  'forget.delete_rosters',
  'delete from roster_member where org_id = $1 and user_id = $2',
);
const deleteRegions = statement(
  'forget.delete_regions',
  'delete from member_region_change where org_id = $1 and user_id = $2',
);
// Also logins that came to nothing, and name the person only by what the provider said: all of the organization are
// looked at, newest first, a piece at a time. The oldest of the piece is where to go on.
const deleteLogins = setStatement(
  'forget.delete_logins',
  `with piece as materialized (
     select id, created_at from sso_login where org_id = $1 and (created_at, id) < ($3, $4)
      order by created_at desc, id desc limit $5
   ), gone as (
     delete from sso_login l using member m
      where m.org_id = $1 and m.id = $2 and l.org_id = $1 and l.id = any(array(select id from piece))
        and (l.user_id = m.id or l.identity_id = m.identity_id
          or position(m.email in lower(concat(l.email, l.subject, l.detail, l.attributes))) > 0)
   )
   select created_at as "createdAt", id from piece order by created_at, id limit 1`,
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
const deleteSessionUses = statement(
  'forget.delete_session_uses',
  'delete from session_use where org_id = $1 and user_id = $2',
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
          exists (select from campaign_audience_member where ${inAnyCampaign}) as audiences,
          exists (${deliveriesOf}) as deliveries,
          exists (select from member_region_change where org_id = $1 and user_id = $2) as regions,
          exists (select from privacy_consent where org_id = $1 and actor_id = $2::text) as consents,
          exists (select from privacy_request where org_id = $1 and user_id = $2) as requests,
          exists (select from audit_event where org_id = $1 and actor_id = $2::text) as audit,
          exists (select from sso_login where org_id = $1 and user_id = $2) as logins,
          exists (select from sso_subject where org_id = $1 and user_id = $2) as provider_accounts,
          exists (select from scim_user where org_id = $1 and user_id = $2) as directory,
          exists (select from session s join member m on m.identity_id = s.identity_id
                   where m.org_id = $1 and m.id = $2
                     and ($3::boolean or s.sso_organization_id = $1 or exists (
                       select from session_use u where u.org_id = $1 and u.user_id = $2 and u.session_id = s.id)))
            as sessions,
          $3::boolean and exists (select from webauthn_credential w join member m on m.identity_id = w.identity_id
                          where m.org_id = $1 and m.id = $2) as passkeys`,
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
  | 'provider_accounts'
  | 'directory'
  | 'sessions'
  | 'passkeys';

/** A login in the list of all, newest first. */
export interface LoginPlace {
  createdAt: Date;
  id: string;
}

/** What other modules' tables hold about one member. */
@Injectable()
export class ForgetStore {
  /** Of a piece of the messages that they received, those that nobody else has; where to go on, if there are more. */
  async deleteOwnMessages(
    scope: Scope,
    userId: string,
    { after, most }: { after: string; most: number },
  ): Promise<string | undefined> {
    const tx = await scope.tx();
    const received = await tx.query<{ id: string; own: boolean }>(receivedMessages, [
      scope.orgId,
      userId,
      after,
      most,
    ]);
    const own = received.filter((message) => message.own).map(({ id }) => id);
    if (own.length > 0) {
      await tx.execute(detachMessages, [scope.orgId, userId, own]);
      await tx.execute(deleteMessages, [scope.orgId, own]);
    }
    return received.length < most ? undefined : received.at(-1)?.id;
  }

  /** How many were deleted: fewer than `most` when none is left. */
  async deleteDeliveries(scope: Scope, userId: string, most: number): Promise<number> {
    const { rowCount } = await (await scope.tx()).execute(deleteDeliveries, [scope.orgId, userId, most]);
    return rowCount ?? 0;
  }

  /** Of a piece of the organization's logins, those that name the person; where to go on, if there are more. */
  async deleteLogins(
    scope: Scope,
    userId: string,
    { after, most }: { after?: LoginPlace; most: number },
  ): Promise<LoginPlace | undefined> {
    const values = [scope.orgId, userId, after?.createdAt ?? 'infinity', after?.id ?? lastUuid, most];
    return (await scope.tx()).queryOne<LoginPlace>(deleteLogins, values);
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
      deleteSubjects,
      deleteDirectoryUsers,
      deleteDirectoryGroups,
      deleteBreakGlass,
      deleteBreakGlassUses,
      deleteSessionUses,
      blankConsents,
    ];
    for (const one of all) await tx.execute(one, [scope.orgId, userId]);
  }

  /** What an organization knows about a member; `personal`: and what is theirs in every organization. */
  async categories(scope: Scope, userId: string, { personal }: { personal: boolean }): Promise<Category[]> {
    const tx = await scope.tx();
    const found = await tx.queryOne<Record<Category, boolean>>(categories, [scope.orgId, userId, personal]);
    // The row has the columns of the query above.
    return Object.entries(found ?? {}).flatMap(([name, held]) => (held ? [name as Category] : []));
  }
}
