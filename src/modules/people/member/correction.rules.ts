import { type AppError, type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import { readName } from '../../../platform/text/index.js';
import { isCalendarDate, type MemberProfile } from './member.rules.js';
import { MOST_CUSTOM } from './profile.rules.js';

/** New values by field; an empty one removes. */
export type Corrections = Readonly<Record<string, string>>;

interface Correctable {
  name: string;
  profile: MemberProfile;
}

const LONGEST = 200;
const CUSTOM = 'custom:';
const LONGEST_KEY = 93;

type ProfileField = Exclude<keyof MemberProfile, 'customAttributes'>;

const profileFields: ReadonlyMap<string, ProfileField> = new Map([
  ['first_name', 'firstName'],
  ['last_name', 'lastName'],
  ['department', 'department'],
  ['title', 'title'],
  ['phone', 'phone'],
  ['location', 'location'],
  ['employee_id', 'employeeId'],
  ['manager_name', 'managerName'],
  ['start_date', 'startDate'],
]);

export function refuseCorrections(corrections: Corrections): AppError | undefined {
  const violations = Object.entries(corrections).flatMap(([field, value]): FieldViolation[] => {
    const description = problemOf(field, value);
    return description ? [{ field: `corrections[${JSON.stringify(field)}]`, description }] : [];
  });
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

/** The member with the corrections, and which of them made a difference. */
export function correct(member: Correctable, corrections: Corrections): Correctable & { changed: string[] } {
  const profile: MemberProfile = { ...member.profile };
  const attributes = new Map(Object.entries(member.profile.customAttributes ?? {}));
  let { name } = member;
  const changed: string[] = [];
  for (const [field, given] of Object.entries(corrections)) {
    const key = customKey(field);
    const known = profileFields.get(field);
    // Refused before where it cannot be read.
    const value = key === undefined ? (readName(given).text ?? '') : given;
    if (value === valueOf(member, field)) continue;
    changed.push(field);
    if (field === 'name') name = value;
    else if (known) profile[known] = value || undefined;
    else if (key !== undefined && value !== '') attributes.set(key, value);
    else if (key !== undefined) attributes.delete(key);
  }
  if (attributes.size > MOST_CUSTOM) {
    throw invalidArgument([
      { field: 'corrections', description: `make more than ${MOST_CUSTOM} attributes` },
    ]);
  }
  const customAttributes = Object.fromEntries(attributes);
  return { name, profile: { ...profile, customAttributes }, changed: changed.sort() };
}

function problemOf(field: string, value: string): string | undefined {
  const isCustom = customKey(field) !== undefined;
  if (field !== 'name' && !profileFields.has(field) && !isCustom) return 'is no field that can be corrected';
  if (field === 'start_date' && value !== '' && !/^\d{4}-\d\d-\d\d$/.test(value))
    return 'must be a date, as 2026-01-31';
  if (field === 'start_date' && value !== '' && !isCalendarDate(value)) return 'is not a day of the calendar';
  if (value.includes('\0')) return 'must not contain NUL characters';
  if (isCustom) return undefined;
  const { text, problem } = readName(value);
  return problem ?? ([...text].length > LONGEST ? `must have at most ${LONGEST} characters` : undefined);
}

function valueOf({ name, profile }: Correctable, field: string): string {
  if (field === 'name') return name;
  const known = profileFields.get(field);
  if (known) return profile[known] ?? '';
  const attributes = new Map(Object.entries(profile.customAttributes ?? {}));
  return attributes.get(customKey(field) ?? '') ?? '';
}

/** The key of a custom attribute. `__proto__` is excluded: no message can carry it. */
function customKey(field: string): string | undefined {
  const key = field.startsWith(CUSTOM) ? field.slice(CUSTOM.length) : '';
  return key === '' || key === '__proto__' || [...key].length > LONGEST_KEY ? undefined : key;
}
