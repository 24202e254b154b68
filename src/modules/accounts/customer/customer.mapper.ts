import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Customer, CustomerSchema } from '@dovecote/contract/customers/v1/customers_pb';
import type { Account } from '../../people/member/index.js';

export function toCustomer({ identityId: id, email, name, avatarUrl, createdAt }: Account): Customer {
  const emailVerified = true;
  return create(CustomerSchema, {
    id,
    email,
    name,
    avatarUrl,
    emailVerified,
    createdAt: timestampFromDate(createdAt),
  });
}
