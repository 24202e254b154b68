import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Domain as DomainMessage, DomainSchema } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { recordName, recordValue } from './domain-proof.js';
import type { Domain } from './domain.store.js';

export function toDomain({ name, challenge, verifiedAt, createdAt }: Domain): DomainMessage {
  return create(DomainSchema, {
    name,
    recordName: recordName(name),
    recordValue: recordValue(challenge),
    verifiedAt: verifiedAt ? timestampFromDate(verifiedAt) : undefined,
    createdAt: timestampFromDate(createdAt),
  });
}
