import { Module } from '@nestjs/common';
import { EventModule } from '../event/index.js';
import { ProfileModule } from '../profile/index.js';
import { ProjectModule } from '../project/index.js';
import { ConfirmErasure, EraseDataSubject, ForgetNamesOfErasure } from './erasure.jobs.js';
import { ErasureRpc } from './erasure.rpc.js';
import { ErasureRun } from './erasure-run.js';
import { ErasureStore } from './erasure.store.js';
import { Erasures } from './erasures.service.js';

/**
 * An erasure makes a person of a project forgotten: profiles, ids, events, and what modules contribute.
 *
 * - The person is hidden, and what it reaches is fixed, in the transaction of the request.
 * - A person has one open request at most.
 * - When it is completed nothing that was sent before the request is stored anywhere, nor will be when it arrives late.
 */
@Module({
  imports: [EventModule, ProfileModule, ProjectModule],
  controllers: [ErasureRpc],
  providers: [ConfirmErasure, EraseDataSubject, Erasures, ErasureRun, ErasureStore, ForgetNamesOfErasure],
  exports: [Erasures],
})
export class ErasureModule {}
