import { Module } from '@nestjs/common';
import { MemberModule } from '../../people/member/index.js';
import { AuthModule } from '../../signin/auth/index.js';
import { PasswordModule } from '../../signin/password/index.js';
import { CustomerStore } from './customer.store.js';
import { Customers } from './customers.service.js';
import { DashboardCustomerRpc } from './dashboard-customer.rpc.js';
import { DocumentedCustomerRpc } from './documented-customer.rpc.js';

/**
 * A customer is a person as the dashboard knows them: a view of people and their memberships, without a table.
 * Invariants: its id is that of the person, the `sub` of tokens; members who may not read analytics are not listed; a
 * person shows to another one only in an organization that the calling session may act in.
 */
@Module({
  imports: [AuthModule, MemberModule, PasswordModule],
  controllers: [DashboardCustomerRpc, DocumentedCustomerRpc],
  providers: [Customers, CustomerStore],
  exports: [Customers],
})
export class CustomerModule {}
