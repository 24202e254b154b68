import type { SubscribeRequest } from '@dovecote/contract/sdk/devices/v1/devices_pb';
import { type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import type { DevicePlatform, Subscription } from './subscription.js';

const MOST_CHARACTERS_OF_TOKEN = 4_096;
const MOST_BYTES_OF_PROPERTIES = 8 * 1024;

/** @throws AppError INVALID_ARGUMENT for what the rules of the proto allow and cannot be stored; so do all here. */
export function toSubscription(request: SubscribeRequest): Subscription {
  const { deviceId, profileExternalId, profileId, platform, token } = request;
  const properties = storable(JSON.stringify(request.properties ?? {}));
  const isLarge = Buffer.byteLength(properties) > MOST_BYTES_OF_PROPERTIES;
  refuse([
    ...emptyViolation('device_id', deviceId),
    ...tokenViolations(token),
    ...(isLarge
      ? [
          {
            field: 'properties',
            description: `must have at most ${MOST_BYTES_OF_PROPERTIES} bytes as JSON`,
          },
        ]
      : []),
  ]);
  return {
    deviceId: deviceId.toWellFormed(),
    distinctId: (profileExternalId || profileId).toWellFormed(),
    // The contract allows these three.
    platform: platform as DevicePlatform,
    token: token.toWellFormed(),
    properties,
  };
}

export function toDeviceId(id: string): string {
  refuse(emptyViolation('id', id));
  return id.toWellFormed();
}

export function toToken(token: string): string {
  refuse(tokenViolations(token));
  return token.toWellFormed();
}

function emptyViolation(field: string, text: string): FieldViolation[] {
  return text === '' ? [{ field, description: 'value is required' }] : [];
}

function tokenViolations(token: string): FieldViolation[] {
  if (token.length > MOST_CHARACTERS_OF_TOKEN)
    return [{ field: 'token', description: `must be at most ${MOST_CHARACTERS_OF_TOKEN} characters` }];
  return emptyViolation('token', token);
}

/** JSON in characters that PostgreSQL has: U+FFFD stands for NUL and for half a surrogate pair. */
function storable(json: string): string {
  return json.replaceAll(/\\(?:u(?:0000|d[89a-f][0-9a-f]{2})|.)/g, (escape) =>
    /^\\u(?:0000|d)/.test(escape) ? '\uFFFD' : escape,
  );
}

function refuse(violations: readonly FieldViolation[]): void {
  if (violations.length > 0) throw invalidArgument(violations);
}
