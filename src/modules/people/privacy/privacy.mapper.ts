import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type ListPrivacyRequestsRequest,
  type PrivacyRequest,
  PrivacyRequestSchema,
} from '@dovecote/contract/pidgr/v1/privacy_pb';
import type { RequestKind } from './request.rules.js';
import type { ShownRequest } from './rights.service.js';

export function toRequest(request: ShownRequest): PrivacyRequest {
  const { id, userId, userEmail, kind, status, anonymize, requestedByEmail, createdAt, completedAt } =
    request;
  return create(PrivacyRequestSchema, {
    id,
    userId: userId ?? '',
    userEmail,
    requestType: kind,
    status,
    anonymize,
    requestedByEmail,
    createdAt: timestampFromDate(createdAt),
    completedAt: completedAt ? timestampFromDate(completedAt) : undefined,
    metadata: metadataOf(request),
  });
}

export function toListInput({
  pageSize,
  pageToken,
  requestType,
  status,
}: Omit<ListPrivacyRequestsRequest, '$typeName'>) {
  // Validation admits these words and the empty one.
  const kind = requestType === '' ? null : (requestType as RequestKind);
  return { pageSize, pageToken, kind, status: status || null };
}

function metadataOf({ url, key, scheduledFor, reason, fields }: ShownRequest): Record<string, string> {
  const pairs: Record<string, string | undefined> = {
    result_url: url,
    decryption_key: key?.toString('base64url'),
    scheduled_for: scheduledFor?.toISOString(),
    reason: reason || undefined,
    fields: fields.join(', ') || undefined,
  };
  return Object.fromEntries(
    Object.entries(pairs).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
