import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  CustomersService,
  type GetMeRequest,
  type GetMeResponseSchema,
  type SetPasswordRequest,
  type SetPasswordResponseSchema,
} from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Customers } from './customers.service.js';

/** `dashboard.customers.v1`: the shipped contract. */
@Controller()
export class DashboardCustomerRpc {
  constructor(private readonly customers: Customers) {}

  @Rpc(CustomersService.method.getMe)
  async getMe(_request: GetMeRequest, scope: Scope): Promise<MessageInitShape<typeof GetMeResponseSchema>> {
    const { identityId: customerId, email } = await this.customers.self(scope);
    return { customerId, email, emailVerified: true };
  }

  @Rpc(CustomersService.method.setPassword)
  async setPassword(
    request: SetPasswordRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetPasswordResponseSchema>> {
    await this.customers.setPassword(scope, request.password);
    return {};
  }
}
