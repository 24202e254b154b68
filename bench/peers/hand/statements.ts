// The statements of the product's stores, written out again; ListUsers as the one join that it could be.

const campaign = `
  select c.id, c.name, c.template_id as "templateId", c.template_version as "templateVersion",
         c.sender_name as "senderName", c.title, c.status, c.workflow, c.critical,
         c.include_restricted as "includeRestricted", c.wait_for_enrollment as "waitForEnrollment",
         c.default_locale as "defaultLocale", c.synthetic, c.audience_snapshot_ref as "audienceSnapshotRef",
         c.audience_size as "audienceSize", c.created_at as "createdAt", c.started_at as "startedAt",
         c.completed_at as "completedAt",
         json_build_object('recipients', n.recipients, 'acknowledged', n.acknowledged, 'missed', n.missed) as counters,
         r.step_id as "stepId", r.entered_at as "enteredAt", r.wake_at as "wakeAt"
    from campaign c
    left join campaign_run r on r.org_id = c.org_id and r.campaign_id = c.id
    cross join lateral (
      select coalesce(sum(recipients), 0)::int as recipients, coalesce(sum(acknowledged), 0)::int as acknowledged,
             coalesce(sum(missed), 0)::int as missed
        from campaign_counter n where n.org_id = c.org_id and n.campaign_id = c.id) n`;

const entry = `
  select d.id as "deliveryId", d.campaign_id as "campaignId", d.step_id as "stepId", c.status as "campaignStatus",
         d.content_id as "contentId", m.title, m.body, m.summary, m.preview, m.sender_name as "senderName", m.actions,
         d.critical, d.status, d.kind, d.parent_delivery_id as "parentDeliveryId",
         d.rendered_locale as "renderedLocale", d.created_at as "receivedAt", d.read_at as "readAt",
         (extract(epoch from d.changed_at) * 1000000)::bigint::text as "changedAt"
    from delivery d join message m on m.org_id = d.org_id and m.content_id = d.content_id
    join campaign c on c.org_id = d.org_id and c.id = d.campaign_id
   where d.org_id = $1 and d.user_id = $2 and d.content_id is not null`;

export const statements = {
  campaigns: `${campaign} where c.org_id = $1 order by c.created_at desc, c.id desc limit $2`,
  campaignCount: 'select count(*)::int as count from campaign where org_id = $1',
  roles: `select org_id as "orgId", id, slug, name, is_default as "isDefault", is_system as "isSystem", permissions,
                 created_at as "createdAt"
            from role where org_id = $1 order by is_default desc, created_at, id`,
  members: `select m.id, m.email, m.name, m.status, m.created_at as "createdAt", m.role_id as "roleId", m.profile,
                   m.manager_id as "managerId", m.processing_restricted as "processingRestricted",
                   m.data_governance_region as "dataGovernanceRegion", r.slug as "roleSlug", r.name as "roleName",
                   r.is_default as "isDefault", r.is_system as "isSystem", r.permissions
              from member m join role r on r.org_id = m.org_id and r.id = m.role_id
             where m.org_id = $1 order by m.created_at desc, m.id desc limit $2`,
  memberCount: `select coalesce(sum(members + deactivated), 0)::integer as count from headcount
                 where org_id = $1 and subject_id = $1`,
  sync: `${entry} order by d.changed_at limit $3`,
  message: `${entry} and d.id = $3`,
};
