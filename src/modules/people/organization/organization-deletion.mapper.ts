import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { OrganizationDeletionSchema } from '@dovecote/contract/dovecote/organization/v1/deletion_pb';
import type { OrganizationDeletion } from './organization-deletion.store.js';

export function toDeletion({
  id,
  requestedBy,
  requestedAt,
  dueAt,
}: OrganizationDeletion): MessageInitShape<typeof OrganizationDeletionSchema> {
  return {
    id,
    requestedBy,
    requestedAt: timestampFromDate(requestedAt),
    dueAt: timestampFromDate(dueAt),
  };
}
