import { toJson, type JsonValue } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import type { Client } from '@connectrpc/connect';
import {
  type ProfileService,
  type PropertyChange,
  PropertyChangeCause,
} from '@dovecote/contract/dovecote/profile/v1/profile_pb';

/** A change in few words: `plan`, `gold`, `IDENTIFY`; undefined: the property was removed. */
export type Told = readonly [property: string, value: JsonValue | undefined, cause: string];

/** All pages. */
export async function historyOf(
  profiles: Client<typeof ProfileService>,
  profileId: string,
  property = '',
  pageSize = 200,
): Promise<PropertyChange[]> {
  const changes: PropertyChange[] = [];
  let pageToken = '';
  do {
    const page = await profiles.getPropertyHistory({ profileId, property, pageSize, pageToken });
    changes.push(...page.changes);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return changes;
}

export function told({ property, value, cause }: PropertyChange): Told {
  return [property, value && toJson(ValueSchema, value), PropertyChangeCause[cause]];
}

/** What the newest changes say that the properties are. */
export function latest(changes: readonly PropertyChange[]): Record<string, JsonValue> {
  const found = new Map<string, JsonValue | undefined>();
  for (const change of changes) {
    const [property, value] = told(change);
    if (!found.has(property)) found.set(property, value);
  }
  return Object.fromEntries(
    [...found].flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
