import { fromJson, type MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate, timestampFromDate, ValueSchema } from '@bufbuild/protobuf/wkt';
import type {
  GetPropertyHistoryRequest,
  PropertyChangeSchema,
} from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { invalidArgument } from '../../../platform/errors/index.js';
import { changeCause, type PropertyChange } from './property-change.js';
import type { WantedHistory } from './property-history.service.js';

const DEFAULT_SIZE = 50;
const MOST = 200;

/** @throws AppError INVALID_ARGUMENT for a range that ends before it begins. */
export function toWantedHistory(request: GetPropertyHistoryRequest): WantedHistory {
  const { profileId, property, startTime, endTime, pageSize, pageToken } = request;
  const [from, to] = [toDate(startTime), toDate(endTime)];
  if (from && to && from >= to)
    throw invalidArgument([{ field: 'end_time', description: 'must be after start_time' }]);
  return { profileId, property, from, to, pageToken, pageSize: Math.min(pageSize || DEFAULT_SIZE, MOST) };
}

export function toChange(change: PropertyChange): MessageInitShape<typeof PropertyChangeSchema> {
  const { profileId, name, value, omittedBytes, cause, causeId, changedAt } = change;
  const isMerge = cause === changeCause.merge || cause === changeCause.undoMerge;
  return {
    profileId,
    property: name,
    value: value ? fromJson(ValueSchema, value.json) : undefined,
    omittedBytes: omittedBytes ?? 0,
    changeTime: timestampFromDate(changedAt),
    cause,
    mergeId: isMerge ? (causeId ?? '') : '',
    importId: isMerge ? '' : (causeId ?? ''),
  };
}

function toDate(time: Timestamp | undefined): Date | null {
  return time ? timestampDate(time) : null;
}
