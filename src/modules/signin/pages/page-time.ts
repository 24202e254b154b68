import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';

/** For people, to the minute, in UTC. */
export function timeOf(time: Timestamp | undefined): string {
  return time ? `${timestampDate(time).toISOString().slice(0, 16).replace('T', ' ')} UTC` : '';
}
