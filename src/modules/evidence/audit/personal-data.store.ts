import { setStatement } from '../../../platform/database/index.js';
import {
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

const hasActed = setStatement(
  'audit_event.has_acted',
  `select exists (select from audit_event where org_id = $1 and actor_id = $2::text) as "hasActed"`,
);

const events = memberFile('audit_events', {
  category: 'audit',
  key: 'e.id',
  object: `to_jsonb(e) - 'org_id'`,
  from: `from audit_event e where e.org_id = $1
    and (e.actor_id = $4::text or e.entity_type = 'user' and e.entity_id = $4::text)`,
  exists: async (scope, { userId }) => {
    const tx = await scope.tx();
    return (await tx.queryOne<{ hasActed: boolean }>(hasActed, [scope.orgId, userId]))?.hasActed ?? false;
  },
});
const organizationEvents = organizationFile('organization_events', {
  key: 'e.id',
  object: `to_jsonb(e) - 'org_id'`,
  from: 'from audit_event e where e.org_id = $1',
});

/**
 * Erases nothing: events refer to members by id only, and the id of an erased member identifies no person.
 */
export const auditPersonalData: PersonalDataContribution = {
  files: [events],
  organizationFiles: [organizationEvents],
};
