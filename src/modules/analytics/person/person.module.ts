import { Module } from '@nestjs/common';
import { EventModule } from '../event/index.js';
import { InsightModule } from '../insight/index.js';
import { ProfileModule } from '../profile/index.js';
import { DocumentedPeopleRpc } from './documented-people.rpc.js';
import { People } from './people.service.js';
import { SharedPeopleRpc } from './shared-people.rpc.js';

/**
 * A person is a profile, or a distinct id with events that leads to none and is no visitor of a day.
 *
 * - A person is listed once, whatever happens to others while the list is read.
 * - An event counts for one person, once.
 * - Who was deleted is not read again, also not under another id.
 */
@Module({
  imports: [EventModule, InsightModule, ProfileModule],
  controllers: [SharedPeopleRpc, DocumentedPeopleRpc],
  providers: [People],
  exports: [People],
})
export class PersonModule {}
