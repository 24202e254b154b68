/**
 * An upper bound for acknowledgements of one campaign in flight, which do not see each other. The connections of the database
 * are fewer.
 */
const MAX_IN_FLIGHT = 500;

/** From here on acknowledgements of a campaign are serialized, so that the last one sees all others. */
const SERIALIZED_FROM = 2 * MAX_IN_FLIGHT;

/** How many acknowledgements a campaign waits for. Undefined: it does not wait for any. */
export type Missing = number | undefined;

/** Whether an acknowledgement has to see all earlier ones. */
export function isSerialized(missing: Missing): boolean {
  return missing !== undefined && missing <= SERIALIZED_FROM;
}

/**
 * Whether an acknowledgement asks for a check of its campaign. One that was not serialized does not see those in flight: it
 * may be the last if they could account for all that are missing.
 */
export function asksForCheck(missing: Missing, serialized: boolean): boolean {
  return missing !== undefined && missing <= (serialized ? 0 : MAX_IN_FLIGHT);
}
