import { Module } from '@nestjs/common';
import { RosterModule } from '../roster/index.js';
import { TeamRpc } from './team.rpc.js';

/** A team is an organizational unit that people work in: a roster, served as TeamService. */
@Module({
  imports: [RosterModule],
  controllers: [TeamRpc],
})
export class TeamModule {}
