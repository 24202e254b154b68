/**
 * An upper bound for acknowledgements of one campaign in flight, which do not see each other. The connections of the database
 * are fewer.
 */
const MAX_IN_FLIGHT = 500;

/** From here on acknowledgements of a campaign are serialized, so that the last one sees all others. */
const SERIALIZED_FROM = 2 * MAX_IN_FLIGHT;

/**
 * How many acknowledgements are missing until the campaign's next check; negative after it was asked for. Undefined: no
 * acknowledgement asks for one, because the campaign does not wait or is paused, or its first check is still to come.
 */
export type Missing = number | undefined;

/** Whether an acknowledgement has to see all earlier ones. */
export function isSerialized(missing: Missing): boolean {
  return missing !== undefined && missing <= SERIALIZED_FROM;
}

/**
 * Whether an acknowledgement asks for a check of its campaign. Of those that are serialized, exactly one finds none missing.
 * One that was not serialized does not see those in flight: it may be the last if they could account for all that are
 * missing.
 */
export function asksForCheck(missing: Missing, serialized: boolean): boolean {
  if (missing === undefined) return false;
  return serialized ? missing === 0 : missing <= MAX_IN_FLIGHT;
}
