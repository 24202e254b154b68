import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Team, TeamSchema } from '@dovecote/contract/pidgr/v1/team_pb';
import type { CountedRoster } from '../roster/index.js';

export function toTeam(team: CountedRoster): Team {
  return create(TeamSchema, {
    id: team.id,
    name: team.name,
    description: team.description,
    memberCount: team.memberCount,
    createdAt: timestampFromDate(team.createdAt),
    updatedAt: timestampFromDate(team.updatedAt),
    isDefault: team.isDefault,
    createdBy: team.createdBy ?? '',
  });
}
