import { Module } from '@nestjs/common';
import { RosterModule } from '../roster/index.js';
import { GroupRpc } from './group.rpc.js';

/** A group is a set of people to send campaigns to: a roster, served as GroupService. */
@Module({
  imports: [RosterModule],
  controllers: [GroupRpc],
})
export class GroupModule {}
