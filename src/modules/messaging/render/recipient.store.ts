import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Recipient } from './render.rules.js';

/** What a template can say about a member, and in which language they want to read it. */
export type RecipientProfile = Omit<Recipient, 'variables'>;

interface ProfileRow extends RecipientProfile {
  userId: string;
}

const profiles = setStatement(
  'member.recipient_profiles',
  `select id as "userId",
          jsonb_strip_nulls(jsonb_build_object(
            'name', name, 'email', email,
            'first_name', profile->>'firstName', 'last_name', profile->>'lastName',
            'department', profile->>'department', 'title', profile->>'title', 'phone', profile->>'phone',
            'location', profile->>'location', 'employee_id', profile->>'employeeId',
            'manager_name', profile->>'managerName', 'start_date', profile->>'startDate')) as profile,
          coalesce(profile->'customAttributes', '{}') as "customAttributes",
          preferred_locale as "preferredLocale"
   from member
   where org_id = $1 and id = any($2)`,
);

@Injectable()
export class RecipientStore {
  /** The profiles of those who are members, by id in lower case. */
  async profiles(scope: Scope, userIds: readonly string[]): Promise<Map<string, RecipientProfile>> {
    const tx = await scope.tx();
    const rows = await tx.query<ProfileRow>(profiles, [scope.orgId, userIds]);
    return new Map(rows.map(({ userId, ...profile }) => [userId, profile]));
  }
}
