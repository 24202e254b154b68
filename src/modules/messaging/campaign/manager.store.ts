import { Injectable } from '@nestjs/common';
import type { Manager } from '@dovecote/workflow';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';

/** Managers above managers among whom the recipient is looked for. */
const TALLEST = 30;

const isActive = `m.status in (${memberStatus.invited}, ${memberStatus.active})`;

const managers = setStatement(
  'target.managers',
  `with recursive chain as (
     select m.id as recipient_id, m.manager_id as above, 1 as height from member m
      where m.org_id = $1 and m.id = any($2) and m.manager_id is not null
     union all
     select c.recipient_id, m.manager_id, c.height + 1 from chain c
       join member m on m.org_id = $1 and m.id = c.above
      where c.above <> c.recipient_id and m.manager_id is not null and c.height < ${TALLEST}
   )
   select c.recipient_id as "recipientId", c."userId", c."isCycle", ${isActive} as "isActive",
          m.processing_restricted and not $3 as "isRestricted"
     from (select recipient_id, min(above::text) filter (where height = 1)::uuid as "userId",
                  bool_or(above = recipient_id) as "isCycle"
             from chain group by recipient_id) c
     join member m on m.org_id = $1 and m.id = c."userId"`,
);

interface ManagerRow {
  recipientId: string;
  userId: string;
  isCycle: boolean;
  isActive: boolean;
  isRestricted: boolean;
}

/** Finds managers as they are at the moment at which they are to be told. */
@Injectable()
export class ManagerStore {
  /** The managers of these members; who has none is left out. */
  async managers(
    scope: Scope,
    userIds: readonly string[],
    includeRestricted: boolean,
  ): Promise<Map<string, Manager>> {
    if (userIds.length === 0) return new Map();
    const tx = await scope.tx();
    const rows = await tx.query<ManagerRow>(managers, [scope.orgId, userIds, includeRestricted]);
    return new Map(rows.map((row) => [row.recipientId, toManager(row)]));
  }
}

function toManager({ userId, isCycle, isActive, isRestricted }: ManagerRow): Manager {
  if (isCycle) return 'cycle';
  return { userId, reach: !isActive ? 'inactive' : isRestricted ? 'restricted' : 'reachable' };
}
