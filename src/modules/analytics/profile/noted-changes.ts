/** What is kept at least: of one property, and of a whole profile. A few more are there until they are trimmed. */
export const MOST_OF_PROPERTY = 100;
export const MOST_OF_PROFILE = 2_000;
/** Trimmed together: of a property that changes with each call, few calls trim. */
const SLACK_OF_PROPERTY = 20;
const SLACK_OF_PROFILE = 200;
/** As JSON; of a larger value only the size is kept. */
const MOST_BYTES_OF_VALUE = 2_048;
/** An index has the name. Imports take longer ones, which have no history. */
const MOST_BYTES_OF_NAME = 512;

const bytes = 'octet_length(value::text)';
/** What is stored for a column `value`. */
export const keptValue = `case when ${bytes} <= ${MOST_BYTES_OF_VALUE} then value end`;
export const omittedBytes = `case when ${bytes} > ${MOST_BYTES_OF_VALUE} then ${bytes} end`;

interface Noted {
  /** Rows with `profile_id`, `name` and `value`; null: the property was removed. */
  readonly from: string;
  readonly project: string;
  readonly cause: string;
  readonly causeId: string;
  readonly changedAt: string;
}

/** Inserts a change for each row. */
export function noteChanges({ from, project, cause, causeId, changedAt }: Noted): string {
  return `insert into property_change (org_id, project, profile_id, name, value, omitted_bytes, cause, cause_id, changed_at)
   select $1, ${project}, profile_id, name, ${keptValue}, ${omittedBytes}, ${cause}, ${causeId}, ${changedAt}
     from ${from} where octet_length(name) <= ${MOST_BYTES_OF_NAME} limit ${MOST_OF_PROFILE}`;
}

/** Whether the profile, or one of its properties in rows with a `name`, has so many changes that they are to be trimmed. */
export function isCrowded(profileId: string, names: string): string {
  const ofProfile = `select from property_change c where c.org_id = $1 and c.profile_id = ${profileId}`;
  return `exists (${ofProfile} offset ${MOST_OF_PROFILE + SLACK_OF_PROFILE} limit 1)
       or exists (select from ${names} n where exists (
            ${ofProfile} and c.name = n.name offset ${MOST_OF_PROPERTY + SLACK_OF_PROPERTY} limit 1))`;
}
