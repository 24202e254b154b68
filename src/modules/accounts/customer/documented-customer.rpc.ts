import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  CustomersService,
  type GetRequest,
  type GetResponseSchema,
  type ListRequest,
  type ListResponseSchema,
  type UpdateRequest,
  type UpdateResponseSchema,
} from '@dovecote/contract/customers/v1/customers_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toCustomer } from './customer.mapper.js';
import { Customers } from './customers.service.js';

/** `customers.v1`: the documented contract. */
@Controller()
export class DocumentedCustomerRpc {
  constructor(private readonly customers: Customers) {}

  @Rpc(CustomersService.method.list)
  async list(_request: ListRequest, scope: Scope): Promise<MessageInitShape<typeof ListResponseSchema>> {
    return { customers: (await this.customers.list(scope)).map(toCustomer) };
  }

  @Rpc(CustomersService.method.get)
  async get(request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { customer: toCustomer(await this.customers.get(scope, request.id)) };
  }

  @Rpc(CustomersService.method.update)
  async update(request: UpdateRequest, scope: Scope): Promise<MessageInitShape<typeof UpdateResponseSchema>> {
    return { customer: toCustomer(await this.customers.update(scope, request)) };
  }
}
