import { Module } from '@nestjs/common';
import { AuthorizationRpc } from './authorization.rpc.js';
import { Principals } from './authorization.service.js';
import { PrincipalStore } from './principal.store.js';

/**
 * What a principal may do, for sibling services and for jobs that a member or key asked for.
 * Invariant: it grants nothing that this server would not: what it cannot find, or finds inactive, may do nothing.
 */
@Module({
  controllers: [AuthorizationRpc],
  providers: [Principals, PrincipalStore],
  exports: [Principals],
})
export class AuthorizationModule {}
